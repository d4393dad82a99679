"""Cancellations: the outbox of what Telegram is asked to do with subscriptions.

Telegram is asked after a wish is claimed and before it is recorded, never while a row is locked. A
claim runs out: a wish whose sender died, or whose outcome nobody knows, is asked for again.
"""

import logging
from dataclasses import dataclass

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import subscriptions
from stars.domain.subscriptions import EditedBy, Subscription
from stars.domain.types import ANYBODY, Owner
from stars.errors import (
    StoppedByShop,
    SubscriptionNotFound,
    SubscriptionUnchangeable,
    TelegramUnavailable,
)
from stars.live.documents import storable
from stars.live.telegram import Telegram, TelegramError

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ClaimedEdit:
    """A wish that its claimer alone may carry out until the claim runs out.

    `charge_id` is the charge by which Telegram knows the subscription; `revision` tells it from an
    earlier and a later wish for the same.
    """

    charge_id: str
    payer_id: str
    is_canceled: bool
    revision: int
    requested_by: EditedBy
    request_id: str


def edit(
    db: Database,
    telegram: Telegram,
    *,
    purchase_id: str,
    owner: Owner,
    is_canceled: bool,
    requested_by: EditedBy,
    request_id: str,
) -> Subscription:
    """End the renewals of a subscription, or allow its user to go on. What is paid stays.

    Args:
        db: where subscriptions are.
        telegram: the bot that sold it.
        purchase_id: the purchase that began it.
        owner: whose it must be.
        is_canceled: whether renewals are to end.
        requested_by: for whom.
        request_id: for the event.

    Returns:
        The subscription as it is then.

    Raises:
        SubscriptionNotFound: there is no such subscription.
        StoppedByShop: the shop has ended it, and its user cannot allow it again.
        SubscriptionUnchangeable: Telegram refused.
        TelegramUnavailable: it is queued, and not done yet: it is asked for again.
        Busy, DatabaseUnavailable: nobody can tell. Asking again is safe.

    """
    user_id = None if owner is ANYBODY else owner
    row = db.fetch_one(
        queries.queue_edit,
        purchase_id=purchase_id,
        user_id=user_id,
        is_canceled=is_canceled,
        requested_by=requested_by,
        request_id=request_id,
    )
    if row is None:
        raise SubscriptionNotFound
    verdict, charge_id = row
    if verdict == "stopped_by_shop":
        raise StoppedByShop
    try:
        is_sent = send(db, telegram, charge_id=charge_id)
    except TelegramError as error:
        if _is_final(error):
            raise SubscriptionUnchangeable(str(error)) from None
        raise TelegramUnavailable(f"It is queued, not done yet. {error}") from None
    if not is_sent:
        raise TelegramUnavailable("It is queued: an earlier wish is under way just now.")
    return subscriptions.get(db, purchase_id=purchase_id, owner=owner)


def send(db: Database, telegram: Telegram, *, charge_id: str | None = None) -> bool:
    """Claim a wish, have Telegram carry it out, and record it.

    Args:
        db: where the outbox is.
        telegram: the bot that sold the subscription.
        charge_id: whose; None for the one that has been due longest.

    Returns:
        True if there was one to claim.

    Raises:
        TelegramError: it is not done, or nobody knows. Unless Telegram refused, it is due again.
        Busy, DatabaseUnavailable: as TelegramError.

    """
    row = db.fetch_one(queries.claim_edit, bot_id=telegram.bot_id, charge_id=charge_id)
    if row is None:
        return False
    claimed_id, payer_id, is_canceled, revision, requested_by, request_id = row
    claimed = ClaimedEdit(
        charge_id=claimed_id,
        payer_id=payer_id,
        is_canceled=is_canceled,
        revision=revision,
        requested_by=requested_by,
        request_id=request_id,
    )
    try:
        telegram.edit_subscription(
            user_id=payer_id, charge_id=claimed_id, is_canceled=claimed.is_canceled
        )
    except TelegramError as error:
        _note_failure(db, claimed, error)
        raise
    _record(db, claimed)
    return True


def send_due(db: Database, telegram: Telegram) -> int:
    """Have Telegram carry out the wishes that are due, and return how many it did.

    Raises:
        TelegramError: what failed would fail the others, too. A refusal is of one wish alone.
        Busy, DatabaseUnavailable: the rest is due next time.

    """
    count = 0
    while True:
        try:
            if not send(db, telegram):
                return count
            count += 1
        except TelegramError as error:
            if not _is_final(error):
                raise


def _is_final(error: TelegramError) -> bool:
    """Tell whether Telegram said no for good."""
    return error.refused and error.pause is None


def _record(db: Database, claimed: ClaimedEdit) -> None:
    event_type, purchase = db.fetch_one(
        queries.record_edit,
        charge_id=claimed.charge_id,
        revision=claimed.revision,
        is_canceled=claimed.is_canceled,
        requested_by=claimed.requested_by,
        request_id=claimed.request_id,
    )
    about = {
        "telegram_payment_charge_id": claimed.charge_id,
        "is_canceled": claimed.is_canceled,
        "requested_by": claimed.requested_by,
    }
    log.info("subscription_edited", extra=about)
    if event_type is not None:
        subscriptions.log_change(event_type, purchase)


def _note_failure(db: Database, claimed: ClaimedEdit, error: TelegramError) -> None:
    log.error(
        "subscription_not_edited",
        extra={"telegram_payment_charge_id": claimed.charge_id, "reason": str(error)},
    )
    db.fetch_one(
        queries.note_edit_error,
        charge_id=claimed.charge_id,
        revision=claimed.revision,
        reason=storable(str(error)),
        is_over=_is_final(error),
    )
