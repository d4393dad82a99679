"""The outbox of refunds: what is to go back to its buyer is queued, claimed, and asked for.

Telegram is asked after a refund is claimed and before it is recorded, never while a row is
locked. A claim runs out: a refund whose sender died is due again.
"""

import logging
from dataclasses import dataclass

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import pseudonyms, purchases
from stars.domain.types import ANYBODY, Purchase
from stars.errors import NothingToRefund, PurchaseNotFound, TelegramUnavailable
from stars.live import charges
from stars.live.documents import storable
from stars.live.telegram import Telegram, TelegramError

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ClaimedRefund:
    """A refund that its claimer alone may ask for until the claim runs out."""

    charge_id: str
    payer_id: str
    request_id: str


def refund_purchase(
    db: Database, telegram: Telegram, *, purchase_id: str, request_id: str
) -> Purchase:
    """Give the Stars of a live purchase back. Asked again, it is the same one refund.

    Returns:
        The purchase, which is `refunded` now.

    Raises:
        PurchaseNotFound: there is no such purchase.
        NothingToRefund: no charge settled it.
        TelegramUnavailable: it is queued, and not done yet: reconcile asks Telegram again.
        Busy, DatabaseUnavailable: nobody can tell. Asking again is safe.

    """
    buyer_id = db.fetch_one(queries.buyer_of_purchase, purchase_id=purchase_id)
    if buyer_id is not None and pseudonyms.is_one(buyer_id):
        raise NothingToRefund("The buyer was forgotten: nobody knows whom to give it back to.")
    row = db.fetch_one(queries.queue_refund, purchase_id=purchase_id, request_id=request_id)
    if row is None:
        raise PurchaseNotFound(f"There is no purchase {purchase_id}.")
    mode, status, charge_id = row
    if charge_id is None and status != "refunded":
        raise NothingToRefund(f"No Stars were kept for this {mode} purchase, which is {status}.")
    if charge_id is not None:
        _send_at_once(db, telegram, charge_id)
    return purchases.get(db, purchase_id=purchase_id, owner=ANYBODY)


def refund_charge(
    db: Database, telegram: Telegram, *, purchase_id: str, charge_id: str, request_id: str
) -> None:
    """Give one payment of a subscription back. Asked again, it is the same one refund.

    Args:
        db: where purchases and charges are.
        telegram: the bot that was paid.
        purchase_id: the purchase that began the subscription.
        charge_id: what was paid.
        request_id: for the event.

    Raises:
        NothingToRefund: this charge has paid nothing of it.
        TelegramUnavailable: it is queued, and not done yet: reconcile asks Telegram again.
        Busy, DatabaseUnavailable: nobody can tell. Asking again is safe.

    """
    is_kept = db.fetch_one(
        queries.queue_refund_of_charge,
        purchase_id=purchase_id,
        charge_id=charge_id,
        request_id=request_id,
    )
    if not is_kept:
        raise NothingToRefund("No charge with this id has paid for this subscription.")
    _send_at_once(db, telegram, charge_id)


def send(db: Database, telegram: Telegram, *, charge_id: str | None = None) -> bool:
    """Claim a refund, have Telegram make it, and record it.

    Args:
        db: where the outbox is.
        telegram: the bot that was paid.
        charge_id: which one; None for the one that has been due longest.

    Returns:
        True if there was one to claim.

    Raises:
        TelegramError: it is not done, or nobody knows. It is due again later.
        Busy, DatabaseUnavailable: as TelegramError.

    """
    refund = _claim(db, telegram.bot_id, charge_id)
    if refund is None:
        return False
    try:
        telegram.refund(payer_id=refund.payer_id, charge_id=refund.charge_id)
    except TelegramError as error:
        _note_failure(db, refund, str(error))
        raise
    charges.record_refund(db, charge_id=refund.charge_id, request_id=refund.request_id)
    return True


def count_waiting(db: Database, *, bot_id: int) -> int:
    """Return how many refunds are still to be made. Raises Busy, DatabaseUnavailable."""
    return int(db.fetch_one(queries.count_waiting, bot_id=bot_id))


def _send_at_once(db: Database, telegram: Telegram, charge_id: str) -> None:
    try:
        send(db, telegram, charge_id=charge_id)
    except TelegramError as error:
        raise TelegramUnavailable(
            f"The refund is queued, not done yet: reconcile asks again. {error}"
        ) from None


def _claim(db: Database, bot_id: int, charge_id: str | None) -> ClaimedRefund | None:
    row = db.fetch_one(queries.claim_refund, bot_id=bot_id, charge_id=charge_id)
    if row is None:
        return None
    claimed_id, payer_id, request_id = row
    return ClaimedRefund(charge_id=claimed_id, payer_id=payer_id, request_id=request_id)


def _note_failure(db: Database, refund: ClaimedRefund, reason: str) -> None:
    log.error(
        "refund_not_done",
        extra={"telegram_payment_charge_id": refund.charge_id, "reason": reason},
    )
    db.fetch_one(queries.note_refund_error, charge_id=refund.charge_id, reason=storable(reason))
