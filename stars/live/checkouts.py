"""Pre-checkout queries: whether a buyer may pay now, and the answer that Telegram gets.

Telegram waits ten seconds for the answer and cancels the sale without it.
"""

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.types import Json
from stars.live.updates import PreCheckoutQuery

log = logging.getLogger(__name__)

REASONS = json.loads((Path(__file__).parent / "declined.json").read_text(encoding="utf-8"))
"""What a buyer reads, by language and decision."""


class CheckoutDecision(StrEnum):
    """What is answered. All but APPROVED decline the sale."""

    APPROVED = "approved"
    WRONG_PAYER = "wrong_payer"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_AMOUNT = "wrong_amount"
    ALREADY_PAID = "already_paid"
    NOT_PENDING = "not_pending"
    RESERVED = "reserved"
    """Another checkout of the purchase was approved, and may still be charged."""
    UNKNOWN_PURCHASE = "unknown_purchase"
    DECLINED_BY_SHOP = "declined_by_shop"
    SHOP_SILENT = "shop_silent"
    """The shop was asked, and gave no clear answer in time."""
    MALFORMED = "malformed"
    """The query cannot be read."""
    UNAVAILABLE = "unavailable"
    """The database cannot be asked."""


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What is decided of a query. `words` are those of the shop for the buyer, empty for ours."""

    decision: CheckoutDecision
    words: str = ""


def decide(
    db: Database, *, bot_id: int, query: PreCheckoutQuery, reserved_for: timedelta
) -> CheckoutDecision:
    """Judge a query and keep its update. The decision is committed when this returns.

    Args:
        db: where purchases and updates are.
        bot_id: the bot that was asked.
        query: what it was asked.
        reserved_for: how long after this approval no other checkout of the purchase is approved.

    Raises:
        Busy, DatabaseUnavailable: nothing is decided, so it is not approved.

    """
    decision = CheckoutDecision(
        db.fetch_one(
            queries.decide_checkout,
            bot_id=bot_id,
            update_id=query.update_id,
            body=query.body,
            query_id=query.query_id,
            reserved_for=reserved_for,
            payer_id=query.payer_id,
            invoice_payload=query.invoice_payload,
            currency=query.currency,
            amount=query.amount,
        )
    )
    log.info(
        "pre_checkout_decided",
        extra={
            "decision": decision.value,
            "invoice_payload": query.invoice_payload,
            "payer_id": query.payer_id,
            "currency": query.currency,
            "amount": query.amount,
        },
    )
    return decision


def release(
    db: Database, *, bot_id: int, query: PreCheckoutQuery, decision: CheckoutDecision
) -> None:
    """Take an approval back, since `decision` came after it: another checkout may be approved.

    Raises:
        Busy, DatabaseUnavailable: the purchase stays reserved for the rest of its time.

    """
    db.fetch_one(
        queries.release_checkout,
        bot_id=bot_id,
        update_id=query.update_id,
        query_id=query.query_id,
        invoice_payload=query.invoice_payload,
        decision=decision.value,
    )


def answer_inline(*, query_id: str | None, language: str, ruling: Ruling) -> Json:
    """Return the call that answers a query, as the body of our answer to its update.

    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """
    is_approved = ruling.decision is CheckoutDecision.APPROVED
    answer: Json = {
        "method": "answerPreCheckoutQuery",
        "pre_checkout_query_id": query_id,
        "ok": is_approved,
    }
    if is_approved:
        return answer
    reasons = REASONS["ru" if language.startswith("ru") else "en"]
    ours = reasons.get(ruling.decision.value, reasons["other"])
    return answer | {"error_message": ruling.words or ours}
