"""Server keys: how the shop's own backend proves who it is. Only a key's hash is kept."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Literal, TypedDict, cast

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.types import Mode
from stars.errors import KeyNotFound, KeyTaken

Scope = Literal["read", "write", "refund"]
SCOPES: tuple[Scope, ...] = ("read", "write", "refund")
SHAPE = re.compile(r"sk_(mock|live)_[A-Za-z0-9_-]{43}")
RANDOM_BYTES = 32
"""As many as the hash has: nobody can guess one, so a fast hash without salt is enough."""


class ApiKey(TypedDict):
    """A key as it is listed. Its plain text is not known to anybody but its holder."""

    name: str
    mode: Mode
    scopes: list[Scope]
    hint: str
    created_at: str
    last_used_at: str | None
    revoked_at: str | None


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The backend that a request comes from."""

    name: str
    mode: Mode
    scopes: frozenset[str]


def create(db: Database, *, name: str, mode: Mode, scopes: list[Scope]) -> str:
    """Make a key and return its plain text, which is shown this once and kept nowhere.

    Args:
        db: where keys are.
        name: what the operator calls it; 1-64 of A-Za-z0-9._:-
        mode: the mode whose purchases it is for.
        scopes: what it may do: `read`, `write` (sell in a user's name, hand out), `refund`.

    Raises:
        KeyTaken: a key that is not revoked has this name.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    plain_text = f"sk_{mode}_{secrets.token_urlsafe(RANDOM_BYTES)}"
    created = db.fetch_one(
        queries.create_api_key,
        name=name,
        mode=mode,
        scopes=sorted(set(scopes)),
        sha256=_hash(plain_text),
        hint=plain_text[-4:],
    )
    if not created:
        raise KeyTaken(f"There is a key {name} already: revoke it first, or choose another name.")
    return plain_text


def find(db: Database) -> list[ApiKey]:
    """Return all keys, the newest first; revoked ones, too."""
    return [key for (key,) in db.fetch_all(queries.list_api_keys)]


def revoke(db: Database, *, name: str) -> None:
    """Make a key worth nothing, from the next request on. Raises KeyNotFound."""
    if not db.fetch_one(queries.revoke_api_key, name=name):
        raise KeyNotFound(f"There is no key {name} that is not revoked already.")


def recognise(db: Database, plain_text: str) -> Caller | None:
    """Return whose key this is; None for one that was never made here, or was revoked.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    if not SHAPE.fullmatch(plain_text):
        return None
    row = db.fetch_one(queries.use_api_key, sha256=_hash(plain_text))
    if row is None:
        return None
    name, mode, scopes = row
    return Caller(name=name, mode=cast(Mode, mode), scopes=frozenset(scopes))


def _hash(plain_text: str) -> bytes:
    return hashlib.sha256(plain_text.encode()).digest()
