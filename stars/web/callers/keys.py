"""The shop's backend as a caller: it shows a key, and may do what the key's scope says (N4)."""

from flask import request

from stars.domain import api_keys
from stars.domain.api_keys import Caller, Scope
from stars.errors import InsufficientScope, Unauthorized
from stars.schemas.values import IDENTIFIER
from stars.web.requests import service

PREFIX = "sk_"
CHALLENGE = "Bearer"


def sent_key() -> str | None:
    """Return the key that the current request shows, None if it shows none."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    token = credentials.strip()
    if scheme.lower() == "bearer" and token.startswith(PREFIX):
        return token
    return None


def current_backend(*scopes: Scope) -> Caller:
    """Return which backend sent the current request. Its key must have one of `scopes`.

    Raises:
        Unauthorized: no key is shown, or one that is unknown, revoked or of another mode.
        InsufficientScope: the key may not do this.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    key = sent_key()
    if key is None:
        raise Unauthorized("Send Authorization: Bearer sk_..., a server key.", challenge=CHALLENGE)
    here = service()
    caller = api_keys.recognise(here.db, key)
    if caller is None:
        raise Unauthorized("This key is unknown here, or revoked.", challenge=CHALLENGE)
    if caller.mode != here.payments.mode:
        raise Unauthorized(
            f"This key is for {caller.mode} purchases, which are not made here.",
            challenge=CHALLENGE,
        )
    if caller.scopes.isdisjoint(scopes):
        needed = " or ".join(scopes)
        raise InsufficientScope(f"This key may not do that: it needs the scope {needed}.")
    return caller


def user_of_backend(*scopes: Scope) -> str:
    """Return the user in whose name the shop's backend sent the current request.

    Raises as current_backend, and Unauthorized if X-User-Id does not name a user.
    """
    current_backend(*scopes)
    named = request.headers.get("X-User-Id", "")
    if not IDENTIFIER.fullmatch(named):
        raise Unauthorized(
            "With a server key, X-User-Id names the user: 1-64 of A-Za-z0-9._:-",
            challenge=CHALLENGE,
        )
    return named
