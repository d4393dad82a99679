"""The funnel's past hours, counted ahead, so that a long window is measured at once.

Nothing depends on it: an hour that is not counted, or in which something has changed since, is
counted from its events by whoever measures the funnel.
"""

from dataclasses import dataclass

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import events

# In one transaction: a day of a busy shop takes a second or two, and whoever is killed in between
# has lost no more.
HOURS_AT_ONCE = 24


@dataclass(frozen=True)
class Aggregation:
    """How many hours were forgotten because something had changed in them, and how many counted."""

    forgotten: int
    counted: int


def aggregate(db: Database, *, max_hours: int | None = None) -> Aggregation:
    """Count the hours that have passed and are not counted, the newest first.

    Safe at any time, also twice at once, and cheap when there is nothing to do.

    Args:
        db: where purchases are.
        max_hours: how many to count at most; None for all.

    Raises:
        Busy, DatabaseUnavailable: what was counted until then stays.

    """
    forgotten = _forget_changed_hours(db)
    counted = 0
    while max_hours is None or counted < max_hours:
        hours = _count_next_hours(db)
        if hours == 0:
            break
        counted += hours
    return Aggregation(forgotten=forgotten, counted=counted)


def _forget_changed_hours(db: Database) -> int:
    # Changes are told apart by their places in the feed.
    events.sequence_all(db)
    with db.unhurried_transaction() as conn:
        queries.begin_counting(conn)
        return int(queries.forget_changed_hours(conn))


def _count_next_hours(db: Database) -> int:
    with db.unhurried_transaction() as conn:
        queries.begin_counting(conn)
        rows = queries.list_uncounted_hours(conn, max_hours=HOURS_AT_ONCE)
        hours = [hour for (hour,) in rows]
        if hours:
            queries.count_hours(conn, hours=hours)
        return len(hours)
