"""Deliveries: each event reaches each endpoint that asked for it, at least once, in order (N2)."""

import logging
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypedDict, cast

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import events
from stars.domain.types import Mode
from stars.errors import DeliveryNotFound, EndpointNotFound
from stars.notifications import endpoints
from stars.notifications.messages import EventOfMode, Message, message
from stars.notifications.sender import SECONDS, Sender
from stars.outgoing import Outcome

State = Literal["waiting", "sending", "retrying", "delivered", "given_up"]
STATES: tuple[State, ...] = ("waiting", "sending", "retrying", "delivered", "given_up")

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each failed attempt: a restart, a bad deploy, a night, a weekend. Then it is given up."""

JITTER = 0.1
"""Of a pause, at random: what failed together does not come back together."""

LEASE = timedelta(seconds=2 * SECONDS)
"""An attempt takes half of that at most; if its worker dies, another one tries again after it."""

AT_ONCE_OF_ONE = 4
"""Deliveries to one endpoint at a time: a slow one cannot take all of a worker's threads."""

PLACES_AT_ONCE = 200
"""Of the feed, in one statement: a few milliseconds, with a dozen endpoints."""

LONGEST_RETRY_AFTER = timedelta(hours=24)

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A delivery that its claimer alone may send until the lease is over."""

    delivery_id: int
    endpoint_id: int
    attempts: int
    lose_first: bool
    url: str
    secrets: list[str]
    message: Message


class DeliveryShown(TypedDict):
    """A delivery as the log shows it."""

    delivery_id: int
    endpoint_id: int
    url: str
    message_id: str
    message_type: str
    purchase_id: str | None
    version: int | None
    state: State
    attempts: int
    created_at: str
    due_at: str
    last_attempt_at: str | None
    last_status: int | None
    last_error: str | None
    last_answer: str | None
    delivered_at: str | None


def make(db: Database) -> int:
    """Make the deliveries of what has happened since; return how many."""
    events.sequence(db)
    return cast(int, db.fetch_one(queries.make_deliveries, max_places=PLACES_AT_ONCE))


def claim(db: Database, *, mode: Mode, limit: int) -> list[Delivery]:
    """Claim deliveries that are due, the longest due first, `limit` at most."""
    rows = db.fetch_all(
        queries.claim_deliveries,
        mode=mode,
        max_claims=limit,
        max_of_one=AT_ONCE_OF_ONE,
        lease=LEASE,
    )
    return [_delivery(mode, row) for row in rows]


def send(db: Database, sender: Sender, delivery: Delivery) -> None:
    """Send a delivery that was claimed, and note how that ended."""
    if delivery.lose_first and delivery.attempts == 1:
        outcome = Outcome(status=None, error="It was lost on the way, as you asked for.")
    else:
        outcome = sender.send(url=delivery.url, secrets=delivery.secrets, message=delivery.message)
    if outcome.is_success:
        db.fetch_one(
            queries.note_delivered,
            delivery_id=delivery.delivery_id,
            status=outcome.status,
            answer=outcome.shown,
        )
        return
    pause = next_pause(delivery.attempts, outcome)
    fields = {
        "delivery_id": delivery.delivery_id,
        "endpoint_id": delivery.endpoint_id,
        "attempts": delivery.attempts,
        "reason": outcome.error,
    }
    log.warning("delivery_failed" if pause is not None else "delivery_given_up", extra=fields)
    db.fetch_one(
        queries.note_failed,
        delivery_id=delivery.delivery_id,
        status=outcome.status,
        error=outcome.error,
        answer=outcome.shown,
        pause=pause,
    )
    if outcome.is_gone:
        because = "It answered 410: it wants no more."
        endpoints.disable(db, endpoint_id=delivery.endpoint_id, because=because)


def next_pause(attempts: int, outcome: Outcome) -> timedelta | None:
    """Return how long to wait after so many attempts; None when there is no further one."""
    if attempts > len(PAUSES):
        return None
    usual = PAUSES[attempts - 1]
    pause = usual * random.uniform(1 - JITTER, 1 + JITTER)
    if outcome.retry_after is None:
        return pause
    asked = timedelta(seconds=outcome.retry_after)
    return max(pause, min(asked, LONGEST_RETRY_AFTER))


def make_test(db: Database, *, endpoint_id: int, mode: Mode) -> int:
    """Have an endpoint told a test; return the number of the delivery. Raises EndpointNotFound."""
    number = db.fetch_one(
        queries.make_test_delivery,
        endpoint_id=endpoint_id,
        mode=mode,
        message_id=f"test_{secrets.token_hex(8)}",
    )
    if number is None:
        raise EndpointNotFound
    return cast(int, number)


def find(
    db: Database,
    *,
    mode: Mode,
    endpoint_id: int | None = None,
    state: State | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[DeliveryShown]:
    """Return the log of deliveries, newest first.

    Args:
        db: where deliveries are.
        mode: of which endpoints.
        endpoint_id, state: what they must have; None for any.
        before: the number of the last one of the page before.
        limit: how many at most.

    """
    rows = db.fetch_all(
        queries.list_deliveries,
        mode=mode,
        endpoint_id=endpoint_id,
        state=state,
        before=before,
        max_rows=limit,
    )
    return [delivery for (delivery,) in rows]


def resend(db: Database, *, delivery_id: int, mode: Mode) -> None:
    """Have a delivery sent again, however it ended. Raises DeliveryNotFound."""
    if db.fetch_one(queries.resend_delivery, delivery_id=delivery_id, mode=mode) is None:
        raise DeliveryNotFound


def resend_since(db: Database, *, endpoint_id: int, mode: Mode, since: datetime) -> int:
    """Have all deliveries of an endpoint since then sent again; return how many."""
    return cast(
        int,
        db.fetch_one(queries.resend_since, endpoint_id=endpoint_id, mode=mode, since=since),
    )


def prune(db: Database, *, older_than: timedelta, limit: int) -> int:
    """Forget deliveries that ended longer ago than that, `limit` at most; return how many."""
    return cast(int, db.fetch_one(queries.prune_deliveries, older_than=older_than, max_rows=limit))


def _delivery(mode: Mode, row: Sequence[object]) -> Delivery:
    number, endpoint, message_id, _type, attempts, lose_first, url, secret, previous, event = row
    told = message(cast(EventOfMode, event)) if event else _test_message(str(message_id), mode)
    signers = [str(secret)] if previous is None else [str(secret), str(previous)]
    return Delivery(
        delivery_id=cast(int, number),
        endpoint_id=cast(int, endpoint),
        attempts=cast(int, attempts),
        lose_first=bool(lose_first),
        url=str(url),
        secrets=signers,
        message=told,
    )


def _test_message(message_id: str, mode: Mode) -> Message:
    """Return what an endpoint is told to try it: it is about no purchase."""
    data = cast(EventOfMode, {"mode": mode, "version": 0})
    now = datetime.now(UTC).isoformat()
    return {"id": message_id, "type": "test", "timestamp": now, "data": data}
