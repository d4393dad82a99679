"""Endpoints: the addresses at which the shop's backend wants to be told of events."""

import base64
import secrets
from datetime import timedelta
from typing import Literal, TypedDict, cast

from stars.addresses import problem_with
from stars.config import Settings
from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import events
from stars.domain.types import Mode
from stars.errors import EndpointNotFound, InvalidEndpoint

Fault = Literal["duplicate", "late", "lost", "reordered"]
FAULTS: tuple[Fault, ...] = ("duplicate", "late", "lost", "reordered")
OVERLAP = timedelta(hours=24)
"""How long the secret before signs as well: time to bring the new one to the other side."""

SECRET_BYTES = 32
"""Standard Webhooks asks for 24 to 64."""


class Endpoint(TypedDict):
    """An endpoint as it is listed. Its secret is shown once, when it is made."""

    endpoint_id: int
    url: str
    mode: Mode
    message_types: list[str] | None
    fault: Fault | None
    created_at: str
    failing_since: str | None
    disabled_at: str | None
    disabled_because: str | None
    previous_secret_until: str | None
    waiting: int


def add(
    db: Database, *, url: str, mode: Mode, types: list[str] | None, is_development: bool
) -> tuple[int, str]:
    """Add an endpoint; return its number and its secret, which is shown this once.

    Args:
        db: where endpoints are.
        url: where to send.
        mode: of which purchases.
        types: of which events, like `purchase.succeeded`; None for all.
        is_development: whether http will do.

    Raises:
        InvalidEndpoint: nothing can be sent there.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    check_url(url, is_development=is_development)
    secret = make_secret()
    events.sequence(db)
    number = db.fetch_one(
        queries.add_endpoint, url=url, mode=mode, message_types=types, secret=secret
    )
    return cast(int, number), secret


def check_url(url: str, *, is_development: bool) -> None:
    """Raise InvalidEndpoint unless `url` is one that can be told something.

    Whether its host may be called is checked at each attempt: names can lead elsewhere later.
    """
    problem = problem_with(url, is_development=is_development)
    if problem is not None:
        raise InvalidEndpoint(f"An endpoint's address {problem}.")


def find(db: Database, *, mode: Mode) -> list[Endpoint]:
    """Return the endpoints of a mode, the oldest first."""
    return [endpoint for (endpoint,) in db.fetch_all(queries.list_endpoints, mode=mode)]


def get(db: Database, *, endpoint_id: int, mode: Mode) -> Endpoint:
    """Return one endpoint. Raises EndpointNotFound."""
    for endpoint in find(db, mode=mode):
        if endpoint["endpoint_id"] == endpoint_id:
            return endpoint
    raise EndpointNotFound


def may_have_faults(settings: Settings) -> bool:
    """Return whether deliveries may be asked to go wrong: not where money is real."""
    return settings.mode != "live" or settings.is_rehearsal


def remove(db: Database, *, endpoint_id: int, mode: Mode) -> None:
    """Take an endpoint away, with its log. Raises EndpointNotFound."""
    if not db.fetch_one(queries.remove_endpoint, endpoint_id=endpoint_id, mode=mode):
        raise EndpointNotFound


def rotate(db: Database, *, endpoint_id: int, mode: Mode) -> str:
    """Give an endpoint a new secret, and return it. The one before signs as well, for OVERLAP.

    Raises:
        EndpointNotFound: there is no such endpoint.

    """
    secret = make_secret()
    changed = db.fetch_one(
        queries.rotate_secret, endpoint_id=endpoint_id, mode=mode, secret=secret, overlap=OVERLAP
    )
    if not changed:
        raise EndpointNotFound
    return secret


def enable(db: Database, *, endpoint_id: int, mode: Mode) -> None:
    """Tell an endpoint again, from where it was disabled. Raises EndpointNotFound."""
    if not db.fetch_one(queries.enable_endpoint, endpoint_id=endpoint_id, mode=mode):
        raise EndpointNotFound


def disable(db: Database, *, endpoint_id: int, because: str) -> None:
    """Tell an endpoint nothing more, until it is enabled. What happens meanwhile is kept."""
    db.fetch_one(queries.disable_endpoint, endpoint_id=endpoint_id, because=because)


def set_fault(db: Database, *, endpoint_id: int, mode: Mode, fault: Fault | None) -> None:
    """Have deliveries that are made from now on go wrong in this way. Raises EndpointNotFound."""
    if not db.fetch_one(queries.set_fault, endpoint_id=endpoint_id, mode=mode, fault=fault):
        raise EndpointNotFound


def make_secret() -> str:
    """Return a new secret, as Standard Webhooks writes one."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
