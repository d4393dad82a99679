"""Real money: what Telegram tells of payments and what follows from it. No Flask, no HTTP.

Telegram is asked (stars.telegram) before a statement or after it, never while one runs. Whatever comes twice, from a
webhook, from a resend or from Telegram's own list, changes something once: a charge is known by its id.
"""

import json
import logging
import re
from dataclasses import dataclass
from typing import Any

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import purchases
from stars.domain.types import ANYBODY, Purchase
from stars.errors import NothingToRefund, PurchaseNotFound, TelegramUnavailable
from stars.live.telegram import Telegram, TelegramError

log = logging.getLogger(__name__)
CHARGE_ID = re.compile(r"[!-~]{1,512}")  # over 128 were seen
MOST = 2**53  # what Telegram's numbers stay below: https://core.telegram.org/bots/api#user


@dataclass(frozen=True)
class Payment:
    """A payment as Telegram tells of it."""

    telegram_payment_charge_id: str  # of a pre-checkout, which has none yet, the id of the query
    invoice_payload: str
    payer_id: str
    currency: str
    amount: int


def read_payment(told: Any, payer: Any, known_as: Any) -> Payment | None:
    """What Telegram tells as a Payment; None when it is not what its documentation promises."""
    match told, payer, known_as:
        case {
            "invoice_payload": str(payload),
            "currency": str(currency),
            "total_amount": int(amount),
        }, {"id": int(payer_id)}, str(known_as) if (
            type(amount) is type(payer_id) is int
            and 0 < amount < MOST
            and 0 < payer_id < MOST
            and CHARGE_ID.fullmatch(known_as)
        ):
            return Payment(known_as, storable(payload), str(payer_id), storable(currency), amount)
    return None


def storable(text: str) -> str:
    """A text as PostgreSQL can keep it: without NUL and halves of surrogate pairs."""
    return text.encode(errors="replace").decode().replace("\0", "?")


def update_id_of(update: Any) -> int | None:
    """The number of an update, None when it has none that can be one."""
    match update:
        case {"update_id": int(number)} if type(number) is int and 0 <= number < 2**63:
            return number
    return None


def parse_update(body: str) -> Any:
    """The JSON of an update, None for one that is deeper than can be read. Raises ValueError when it is none."""
    try:  # a number of thousands of digits is JSON, and none of Telegram's
        return json.loads(body, parse_int=lambda digits: int(digits) if len(digits) < 20 else None)
    except RecursionError:
        return None


def decide_pre_checkout(
    db: Database, bot_id: int, *, update: Any, body: str, request_id: str
) -> str:
    """Whether a buyer may pay now: `approved`, or why not. It is committed when this returns.

    Raises:
        Busy, DatabaseUnavailable: nothing is decided, so it is not approved.

    """
    match update:
        case {"pre_checkout_query": {"id": query_id, "from": payer} as query} if (
            payment := read_payment(query, payer, query_id)
        ):
            terms = {
                name: getattr(payment, name)
                for name in ("invoice_payload", "payer_id", "currency", "amount")
            }
            decision: str = db.fetch_one(
                queries.decide_pre_checkout,
                bot_id=bot_id,
                update_id=update_id_of(update),
                body=body,
                **terms,
            )
            log.info("pre_checkout_decided", extra={"decision": decision, **terms})
            return decision
    return take_update(db, bot_id, update=update, body=body, request_id=request_id)


def take_update(db: Database, bot_id: int, *, update: Any, body: str, request_id: str) -> str:
    """Keep an update, handle it, and tell what came of it. One that was handled before is `repeated`."""
    told = {"bot_id": bot_id, "update_id": update_id_of(update)}
    if not db.fetch_one(queries.keep_update, **told, body=body):
        return "repeated"
    outcome = _handle(db, bot_id, update, request_id)
    if outcome == "malformed":
        log.error("telegram_update_malformed", extra=told)
    db.fetch_one(queries.mark_handled, **told, outcome=outcome)
    return outcome


def _handle(db: Database, bot_id: int, update: Any, request_id: str) -> str:
    match update:
        case {
            "message": {
                "successful_payment": {"telegram_payment_charge_id": charge_id} as told,
                "from": payer,
            }
        }:
            payment = read_payment(told, payer, charge_id)
            return settle(db, bot_id, payment, request_id) if payment else "malformed"
        # Its sender may be the bot itself: it is the chat that names the buyer.
        case {
            "message": {
                "refunded_payment": {"telegram_payment_charge_id": charge_id} as told,
                "chat": payer,
            }
        }:
            payment = read_payment(told, payer, charge_id)
            return take_back(db, bot_id, payment, request_id) if payment else "malformed"
        case {"message": {"successful_payment": _} | {"refunded_payment": _}} | {
            "pre_checkout_query": _
        }:
            return "malformed"
        case {"update_id": int()}:
            return "ignored"
    return "malformed"


def settle(
    db: Database,
    bot_id: int,
    payment: Payment,
    request_id: str,
    *,
    refunded: bool = False,
    of_ours: bool = False,
) -> str:
    """Record a charge: `settled`, `repeated`, or why it was refused, in which case it is queued for refund.

    Args:
        db: where purchases and charges are.
        bot_id: the bot that was paid.
        payment: what was paid.
        request_id: for the event.
        refunded: it is known to have gone back already.
        of_ours: leave it alone if there is no such purchase, which is answered as `repeated`, too.

    """
    row = db.fetch_one(
        queries.settle_payment,
        bot_id=bot_id,
        request_id=request_id,
        refunded=refunded,
        of_ours=of_ours,
        **vars(payment),
    )
    if row is None:
        return "repeated"
    verdict, previous_status, purchase = row
    about = {
        "telegram_payment_charge_id": payment.telegram_payment_charge_id,
        "previous_status": previous_status,
    }
    if verdict == "settled":
        _log("purchase_succeeded", purchase, **about, metadata={})
    else:
        log.warning(
            "purchase_payment_refused",
            extra={
                **about,
                "reason": verdict,
                "purchase_id": payment.invoice_payload,
                "payer_id": payment.payer_id,
                "amount": payment.amount,
                "currency": payment.currency,
            },
        )
    return str(verdict)


def take_back(db: Database, bot_id: int, payment: Payment, request_id: str) -> str:
    """A payment has gone back: `refunded`, or `repeated`. It may be told of before the payment itself is."""
    done = record_refund(db, payment.telegram_payment_charge_id, request_id)
    if (
        done is None and settle(db, bot_id, payment, request_id, refunded=True) == "repeated"
    ):  # just now, by another
        done = record_refund(db, payment.telegram_payment_charge_id, request_id)
    return "repeated" if done is False else "refunded"


def record_refund(db: Database, charge_id: str, request_id: str) -> bool | None:
    """A charge has gone back, whoever sent it. Whether that is news; None for a charge nobody told of yet."""
    row = db.fetch_one(
        queries.record_refund, telegram_payment_charge_id=charge_id, request_id=request_id
    )
    if row is None:
        return None
    changed, previous_status, purchase = row
    about = {"telegram_payment_charge_id": charge_id, "previous_status": previous_status}
    if purchase:
        _log("purchase_refunded", purchase, **about)
    elif changed:
        log.info("charge_refunded", extra=about)
    return bool(changed)


def refund_purchase(
    db: Database, telegram: Telegram, *, purchase_id: str, request_id: str
) -> Purchase:
    """Give the Stars of a live purchase back; the purchase, which is `refunded` then. Asked again, the same.

    Raises:
        PurchaseNotFound: there is no such purchase.
        NothingToRefund: no charge settled it.
        TelegramUnavailable: it is queued, and not done yet: reconcile asks Telegram again.

    """
    row = db.fetch_one(queries.queue_refund, purchase_id=purchase_id, request_id=request_id)
    if row is None:
        raise PurchaseNotFound(f"There is no purchase {purchase_id}.")
    mode, status, charge_id = row
    if charge_id:
        try:
            send_refund(db, telegram, charge_id)
        except TelegramError as failed:
            raise TelegramUnavailable(
                f"The refund is queued, not done yet: reconcile asks again. {failed}"
            ) from None
    elif status != "refunded":
        raise NothingToRefund(f"No Stars were kept for this {mode} purchase, which is {status}.")
    return purchases.get(db, purchase_id=purchase_id, owner=ANYBODY)


def send_refund(db: Database, telegram: Telegram, charge_id: str | None = None) -> bool:
    """Claim a certain refund, or one that is due, and have Telegram make it. Whether there was one to claim.

    Raises:
        TelegramError: it is not done, or nobody knows. It stays in the outbox and is due again later.

    """
    claimed = db.fetch_one(
        queries.claim_refund, bot_id=telegram.bot_id, telegram_payment_charge_id=charge_id
    )
    if claimed is None:
        return False
    charge_id, payer_id, request_id = claimed
    try:
        telegram.refund(payer_id=payer_id, charge_id=charge_id)
    except TelegramError as failed:
        log.error(
            "refund_not_done",
            extra={"telegram_payment_charge_id": charge_id, "reason": str(failed)},
        )
        db.fetch_one(
            queries.note_refund_error,
            telegram_payment_charge_id=charge_id,
            why=storable(str(failed)),
        )
        raise
    record_refund(db, charge_id, request_id)
    return True


def _log(name: str, purchase: Purchase, **more: Any) -> None:
    log.info(name, extra=purchases.log_fields(purchase) | more)
