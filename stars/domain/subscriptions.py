"""Subscriptions: what is paid for a time. One has the id of the purchase that began it.

What a subscription is at a moment follows from its dates, whether or not anybody tells (S2).
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Literal, TypedDict, cast

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import purchases
from stars.domain.types import ANYBODY, Mode, Owner, Purchase
from stars.errors import SubscriptionNotFound

State = Literal["active", "canceled", "payment_failed", "expired"]
"""All but `expired` can be used. `canceled` is not renewed; of `payment_failed` a renewal was not
paid."""

EditedBy = Literal["user", "shop"]
"""Who ends renewals through the bot: the user in the shop's Mini App, or the shop itself."""

EXPIRED_AT_ONCE = 500
"""Subscriptions a look: each is a transaction of its own, so nobody waits for the others."""

log = logging.getLogger(__name__)


class Subscription(TypedDict):
    """A subscription as it is shown. `period` is in seconds, times are RFC 3339 in UTC."""

    purchase_id: str
    user_id: str
    item_id: str
    price_stars: int
    period: int
    mode: Mode
    state: State
    started_at: str
    ends_at: str
    renewals: int
    canceled_at: str | None
    canceled_by: Literal["telegram", "user", "shop"] | None
    payment_failed_at: str | None


def get(db: Database, *, purchase_id: str, owner: Owner, mode: Mode | None = None) -> Subscription:
    """Return the subscription that a purchase has begun.

    Args:
        db: where subscriptions are.
        purchase_id: of which purchase.
        owner: whose it must be.
        mode: in which mode it must have been made; None for either.

    Raises:
        SubscriptionNotFound: there is no such subscription.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    found = find_one(db, purchase_id=purchase_id, owner=owner, mode=mode)
    if found is None:
        raise SubscriptionNotFound
    return found


def find_one(
    db: Database, *, purchase_id: str, owner: Owner, mode: Mode | None = None
) -> Subscription | None:
    """Return the same, or None if there is no such subscription."""
    user_id = None if owner is ANYBODY else owner
    found = db.fetch_one(
        queries.get_subscription, purchase_id=purchase_id, user_id=user_id, mode=mode
    )
    return cast(Subscription | None, found)


def find(
    db: Database,
    *,
    mode: Mode,
    limit: int = 20,
    after: tuple[datetime, str] | None = None,
    user_id: str | None = None,
    item_id: str | None = None,
    state: State | None = None,
) -> list[Subscription]:
    """Return the subscriptions that have all of what is asked for, those begun last first.

    Args:
        db: where subscriptions are.
        mode: in which mode they were made.
        limit: how many at most.
        after: started_at and purchase_id of the last one of the page before.
        user_id, item_id, state: what they must have; None for any.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    after_at, after_id = after or (None, None)
    rows = db.fetch_all_planned_anew(
        queries.list_subscriptions,
        mode=mode,
        user_id=user_id,
        item_id=item_id,
        state=state,
        after_at=after_at,
        after_id=after_id,
        max_rows=limit,
    )
    return [subscription for (subscription,) in rows]


def expire(db: Database, *, mode: Mode, request_id: str) -> int:
    """Write the event of each subscription that is over, and return how many there were.

    They are over from their date on, also while nobody does this. It is written down some minutes
    later, so that a renewal that is told in time comes first.

    Raises:
        Busy, DatabaseUnavailable: the others are done next time.

    """
    count = 0
    for purchase_id in _ended(db, mode):
        purchase = db.fetch_one(
            queries.expire_subscription, purchase_id=purchase_id, request_id=request_id
        )
        if purchase is not None:
            log_change("subscription_expired", cast(Purchase, purchase))
            count += 1
    return count


def log_change(event_type: str, purchase: Purchase) -> None:
    """Log an event of the subscription that this purchase has begun."""
    log.info(event_type, extra=purchases.log_fields(purchase))


def _ended(db: Database, mode: Mode) -> Iterator[str]:
    rows = db.fetch_all(queries.list_ended, mode=mode, max_rows=EXPIRED_AT_ONCE)
    for (purchase_id,) in rows:
        yield purchase_id
