"""Events: the history of a purchase. They are written by the statement that changes it."""

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.types import ANYBODY, Event, Mode, Owner
from stars.errors import PurchaseNotFound

PLACED_AT_ONCE = 10_000
"""Events, or more, while as many wait: sequence_feed.sql says so."""


def history(
    db: Database, *, purchase_id: str, owner: Owner, mode: Mode | None = None
) -> list[Event]:
    """Return the events of one purchase, oldest first.

    Args:
        db: where purchases are.
        purchase_id: which purchase.
        owner: whose it must be.
        mode: in which mode it must have been made; None for either.

    Raises:
        PurchaseNotFound: there is no such purchase.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    user_id = None if owner is ANYBODY else owner
    rows = db.fetch_all(queries.list_events, purchase_id=purchase_id, user_id=user_id, mode=mode)
    if not rows:
        raise PurchaseNotFound
    return [event for (event,) in rows]


def sequence(db: Database) -> None:
    """Give committed events that wait for it a place in the feed, 10,000 purchases' at a time.

    Places never change. Where more wait, the next call goes on.

    Raises:
        Busy, DatabaseUnavailable: those that got no place still wait.

    """
    db.fetch_one(queries.sequence_feed)


def sequence_all(db: Database) -> None:
    """Give all that wait when this is called their places, however long it takes.

    For commands and the worker, not for requests. Raises what `sequence` raises; what was given
    until then stays.
    """
    placed = PLACED_AT_ONCE
    while placed >= PLACED_AT_ONCE:
        with db.unhurried_transaction() as conn:
            placed = queries.sequence_feed(conn) or 0
