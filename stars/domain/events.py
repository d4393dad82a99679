"""Events: the history of a purchase. They are written by the statement that changes it."""

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.types import ANYBODY, Event, Mode, Owner
from stars.errors import PurchaseNotFound


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
