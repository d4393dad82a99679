"""Subscriptions of the mock: what Telegram, their users and the time do to real ones."""

from typing import Literal, cast

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import purchases, subscriptions
from stars.domain.subscriptions import EditedBy, Subscription
from stars.domain.types import ANYBODY, Owner
from stars.errors import StoppedByShop, SubscriptionNotFound

Act = Literal["renew", "fail", "cancel", "resume", "expire"]
"""`fail`: a renewal is not paid. `cancel` and `resume`: by its user. `expire`: it ends now."""


def play(db: Database, *, purchase_id: str, act: Act, request_id: str) -> Subscription:
    """Do an act to a subscription, and return it as it is then. Twice is as once.

    Only `renew` does something each time: it pays for one more period.

    Raises:
        SubscriptionNotFound: there is no such subscription of the mock.
        Busy, DatabaseUnavailable: nobody can tell whether it was done.

    """
    verdict, event_type, subscription = db.fetch_one(
        queries.play_subscription, purchase_id=purchase_id, act=act, request_id=request_id
    )
    if verdict == "unknown":
        raise SubscriptionNotFound
    if event_type is not None:
        purchase = purchases.get(db, purchase_id=purchase_id, owner=ANYBODY)
        subscriptions.log_change(event_type, purchase)
    return cast(Subscription, subscription)


def stop(
    db: Database,
    *,
    purchase_id: str,
    owner: Owner,
    is_canceled: bool,
    requested_by: EditedBy,
    request_id: str,
) -> Subscription:
    """End the renewals of a subscription, or allow its user to go on. Twice is as once.

    Takes the same arguments as live.cancellations.edit and raises the same refusals, but for those
    of Telegram.
    """
    user_id = None if owner is ANYBODY else owner
    row = db.fetch_one(
        queries.stop_mock_subscription,
        purchase_id=purchase_id,
        user_id=user_id,
        is_canceled=is_canceled,
        requested_by=requested_by,
        request_id=request_id,
    )
    if row is None:
        raise SubscriptionNotFound
    verdict, event_type, purchase = row
    if verdict == "stopped_by_shop":
        raise StoppedByShop
    if event_type is not None:
        subscriptions.log_change(event_type, purchase)
    return subscriptions.get(db, purchase_id=purchase_id, owner=owner)
