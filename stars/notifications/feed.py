"""The feed, the source of truth: every event once, in an order that never changes (N1)."""

from collections.abc import Sequence
from dataclasses import dataclass

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.events import sequence
from stars.domain.types import Mode
from stars.notifications.messages import Message, event_type_of, message

MAX_PLACES = 10_000
"""Places that one call looks at: a few milliseconds, however rare what it asks for is."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of the feed. `after` is where the next one begins; `is_last` if nothing is new."""

    messages: list[Message]
    after: int
    is_last: bool


def read(
    db: Database, *, mode: Mode, after: int = 0, types: Sequence[str] | None = None, limit: int
) -> Page:
    """Return what follows the place `after`, oldest first.

    Args:
        db: where events are.
        mode: of which purchases.
        after: the place that the page before ended at; 0 for the beginning.
        types: of which types, like `purchase.succeeded`; None for all.
        limit: how many at most.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    event_types = None if types is None else [event_type_of(name) for name in types]
    sequence(db)
    events, last_place, is_last = db.fetch_one(
        queries.read_feed,
        after=after,
        mode=mode,
        event_types=event_types,
        max_events=limit,
        max_places=MAX_PLACES,
    )
    return Page(messages=[message(event) for event in events], after=last_place, is_last=is_last)
