"""Charges: what a buyer paid, recorded and judged once, and recorded again when it goes back.

A charge is known by its own id. Whatever comes twice, from a webhook, from a resend or from
Telegram's own list, changes something once. Nothing here asks Telegram.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import purchases
from stars.domain.payments import ChargeShown
from stars.domain.types import Purchase

log = logging.getLogger(__name__)


Recurrence = Literal["first", "renewal"]


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A payment as Telegram tells of it. `amount` is in the smallest unit of `currency`.

    `recurrence` says whether it begins a subscription or renews one, `paid_until` when the period
    is over that it pays for. Telegram's messages say so, its list has the moment `charged_at`.
    """

    charge_id: str
    payer_id: str
    invoice_payload: str
    currency: str
    amount: int
    recurrence: Recurrence | None = None
    charged_at: datetime | None = None
    paid_until: datetime | None = None


class ChargeVerdict(StrEnum):
    """What was judged of a charge.

    All but REPEATED, UNKNOWN_PURCHASE and what is kept are refusals, queued for refund.
    """

    SETTLED = "settled"
    RENEWED = "renewed"
    """It paid for one more period of a subscription."""
    REPEATED = "repeated"
    """It is known already."""
    ALREADY_PAID = "already_paid"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_PAYER = "wrong_payer"
    UNKNOWN_PURCHASE = "unknown_purchase"
    """The bot sold something that is not ours. Nothing is recorded, and nothing goes back (N6)."""
    REFUNDED_FIRST = "refunded_first"
    """It has gone back already, so there is nothing to queue."""


class RefundVerdict(StrEnum):
    """What telling of a refund did."""

    REFUNDED = "refunded"
    REPEATED = "repeated"
    UNKNOWN_CHARGE = "unknown_charge"
    """Nobody has told of the charge yet."""
    UNKNOWN_PURCHASE = "unknown_purchase"
    """What was sold was not ours: as ChargeVerdict.UNKNOWN_PURCHASE."""


def find(db: Database, *, purchase_id: str) -> list[ChargeShown]:
    """Return every charge that named this purchase, oldest first.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    return [charge for (charge,) in db.fetch_all(queries.list_charges, purchase_id=purchase_id)]


def settle(
    db: Database,
    *,
    bot_id: int,
    charge: Charge,
    request_id: str,
    update_id: int | None = None,
    already_refunded: bool = False,
) -> ChargeVerdict:
    """Record a charge and what follows: its purchase has succeeded, or the charge is to go back.

    A charge that renews a subscription is neither: it pays for one more period (S1).

    Args:
        db: where purchases and charges are.
        bot_id: the bot that was paid.
        charge: what was paid.
        request_id: for the event.
        update_id: of the update that told of it, None if none did.
        already_refunded: it is known to have gone back.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell. Telling of the charge again is safe.

    """
    row = db.fetch_one(
        queries.settle_charge,
        bot_id=bot_id,
        charge_id=charge.charge_id,
        payer_id=charge.payer_id,
        invoice_payload=charge.invoice_payload,
        currency=charge.currency,
        amount=charge.amount,
        recurrence=charge.recurrence,
        charged_at=charge.charged_at,
        paid_until=charge.paid_until,
        update_id=update_id,
        already_refunded=already_refunded,
        request_id=request_id,
    )
    if row is None:
        return _why_not_recorded(db, charge)
    judged, event_type, previous_status, purchase = row
    verdict = ChargeVerdict(judged)
    about = {
        "telegram_payment_charge_id": charge.charge_id,
        "previous_status": previous_status,
    }
    if verdict is ChargeVerdict.SETTLED:
        _log("purchase_succeeded", purchase, **about, metadata={})
        return verdict
    if verdict is ChargeVerdict.RENEWED:
        _log(event_type, purchase, **about)
        return verdict
    log.warning(
        "purchase_payment_refused",
        extra={
            **about,
            "reason": verdict.value,
            "purchase_id": charge.invoice_payload,
            "payer_id": charge.payer_id,
            "amount": charge.amount,
            "currency": charge.currency,
        },
    )
    return verdict


def take_back(db: Database, *, bot_id: int, charge: Charge, request_id: str) -> RefundVerdict:
    """Record that a charge has gone back, also if nobody has told of the charge itself yet.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell. Telling of it again is safe.

    """
    verdict = record_refund(db, charge_id=charge.charge_id, request_id=request_id)
    if verdict is not RefundVerdict.UNKNOWN_CHARGE:
        return verdict
    settled = settle(db, bot_id=bot_id, charge=charge, request_id=request_id, already_refunded=True)
    if settled is ChargeVerdict.UNKNOWN_PURCHASE:
        return RefundVerdict.UNKNOWN_PURCHASE
    if settled is not ChargeVerdict.REPEATED:
        return RefundVerdict.REFUNDED
    # Somebody else has told of the charge in this very moment.
    return record_refund(db, charge_id=charge.charge_id, request_id=request_id)


def record_refund(db: Database, *, charge_id: str, request_id: str) -> RefundVerdict:
    """Record that a known charge has gone back, whoever sent it.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell. Telling of it again is safe.

    """
    row = db.fetch_one(queries.take_charge_back, charge_id=charge_id, request_id=request_id)
    if row is None:
        return RefundVerdict.UNKNOWN_CHARGE
    changed, previous_status, purchase = row
    if not changed:
        return RefundVerdict.REPEATED
    about = {"telegram_payment_charge_id": charge_id, "previous_status": previous_status}
    if purchase:
        _log("purchase_refunded", purchase, **about)
    else:
        log.info("charge_refunded", extra=about)
    return RefundVerdict.REFUNDED


def _why_not_recorded(db: Database, charge: Charge) -> ChargeVerdict:
    """Tell a charge that is known from one that is not ours, and name the latter."""
    if db.fetch_one(queries.is_of_a_purchase, invoice_payload=charge.invoice_payload):
        return ChargeVerdict.REPEATED
    log.warning(
        "payment_not_ours",
        extra={
            "telegram_payment_charge_id": charge.charge_id,
            "invoice_payload": charge.invoice_payload,
            "payer_id": charge.payer_id,
            "amount": charge.amount,
            "currency": charge.currency,
        },
    )
    return ChargeVerdict.UNKNOWN_PURCHASE


def _log(name: str, purchase: Purchase, **more: Any) -> None:
    log.info(name, extra=purchases.log_fields(purchase) | more)
