"""The domain: what may happen to a purchase, and what is said of it. No Flask, no HTTP.

Each function runs one statement, which judges and commits by itself; then it logs what happened, then it answers or
raises. So a log line states a fact, and a refusal undoes nothing that was recorded.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from stars.database.pool import Database
from stars.database.queries import queries
from stars.errors import ItemNotForSale, PaidForReal, PurchaseConflict, PurchaseNotFound

Purchase = dict[str, Any]  # the fields of schemas.PurchaseAnswer, times in RFC 3339
Event = dict[str, Any]  # the fields of schemas.EventAnswer

log = logging.getLogger(__name__)
LOGGED = (
    "purchase_id",
    "user_id",
    "item_id",
    "price_stars",
    "purchase_type",
    "source",
    "channel",
    "mode",
)
COMPARED = ("item_id", "price_stars", "purchase_type")
UNASKED = dict.fromkeys((*COMPARED, "user_id", "mode", "source", "channel", "pay_url"))
UNFILTERED = dict.fromkeys(
    ("status", "user_id", "purchase_type", "source", "channel", "since", "until")
)
COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Step:
    """What a call does to a purchase: make it `to_status`, from which statuses, and what the event is then called."""

    to_status: str | None
    from_statuses: str = ""  # separated by blanks
    event_if_new: str | None = None  # None: the call makes no new purchase
    event_if_known: str | None = None


# The lifecycle (section 6 of the contract). Whatever does not stand here changes nothing.
CREATE_INVOICE = Step("pending", "failed", "purchase_invoice_created", "purchase_invoice_reopened")
RECORD_PURCHASE = Step("succeeded", "pending failed", "purchase_succeeded", "purchase_succeeded")
FAIL_PURCHASE = Step("failed", "pending", None, "purchase_failed")
MARK_FAILED = Step("failed", "pending succeeded", None, "purchase_failed")
CONFIRM_PURCHASE = Step(None)


class OutcomeArmed(Exception):
    """Nothing was done: another outcome was armed for this purchase (stars.mock), and it was asked to heed that."""


@dataclass(frozen=True)
class Outcome:
    """What a call found and did. `event_type` is None when nothing changed: the answer is an earlier one, again."""

    purchase: Purchase
    event_type: str | None
    previous_status: str | None


def create_invoice(db: Database, **asked: Any) -> Outcome:
    """Make the purchase `pending`, or reuse the caller's own (G1-G4, G9).

    Args:
        db: where purchases are.
        asked: user_id, mode ("mock" or "live"), request_id, pay_url, and the fields of schemas.InvoiceRequest.

    Raises:
        PurchaseConflict: the id is another user's, or stands for another item, price or type; or the catalogue does.
        ItemNotForSale: the catalogue does not have the item.
        Busy, DatabaseUnavailable: nobody can tell whether it was carried out; asking again gives the one result.

    """
    outcome = cast(
        Outcome, _transition(db, CREATE_INVOICE, "purchase_invoice_user_mismatch", asked)
    )
    _log(outcome.event_type or "purchase_invoice_reused", outcome)
    return outcome


def record_purchase(db: Database, *, heeds_armed: bool = False, **asked: Any) -> Outcome | None:
    """Complete a mock purchase, making it when `asked` says what it is (G5, G6, G10). As create_invoice, but

    Returns:
        None when there is no such purchase and item_id or price_stars is missing to make it.

    Raises:
        OutcomeArmed: with `heeds_armed`, it would have been completed, but another outcome is armed for it.

    """
    outcome = _transition(db, RECORD_PURCHASE, "purchase_user_mismatch", asked, heeds_armed)
    if outcome and outcome.event_type:
        _log(
            "purchase_succeeded",
            outcome,
            previous_status=outcome.previous_status,
            metadata=asked.get("metadata", {}),
        )
    elif outcome:
        _log("purchase_succeeded_idempotent", outcome)
    return outcome


def fail_purchase(db: Database, **asked: Any) -> Outcome | None:
    """What a payment that fails does: a pending purchase becomes failed, any other stays. As record_purchase."""
    outcome = _transition(db, FAIL_PURCHASE, "purchase_user_mismatch", asked)
    if outcome and outcome.event_type:
        _log("purchase_failed", outcome, previous_status=outcome.previous_status)
    return outcome


def confirm_purchase(db: Database, **asked: Any) -> Outcome | None:
    """The purchase as it stands, held against what is asked: what live mode answers (G24). As record_purchase."""
    return _transition(db, CONFIRM_PURCHASE, "purchase_user_mismatch", asked)


def mark_failed(db: Database, *, purchase_id: str, request_id: str) -> Outcome:
    """Mark a purchase failed, whoever owns it: for the console. A failed one stays as it is (G11).

    Raises:
        PurchaseNotFound: there is no such purchase.
        PaidForReal: it is a live one that succeeded.
        Busy, DatabaseUnavailable: as create_invoice.

    """
    outcome = _transition(
        db, MARK_FAILED, "", {"purchase_id": purchase_id, "request_id": request_id}
    )
    if outcome is None:
        raise PurchaseNotFound(f"There is no purchase {purchase_id}.")
    if outcome.event_type:
        _log(outcome.event_type, outcome, previous_status=outcome.previous_status)
    return outcome


def get(
    db: Database, *, purchase_id: str, user_id: str | None = None, mode: str | None = None
) -> Purchase:
    """One purchase; with `user_id` and `mode` only if it is that user's, made in that mode. Raises PurchaseNotFound."""
    found = db.fetch_one(queries.get_purchase, purchase_id=purchase_id, user_id=user_id, mode=mode)
    if found is None:
        raise PurchaseNotFound
    return cast(Purchase, found)


def find(
    db: Database, *, limit: int = 20, after: tuple[datetime, str] | None = None, **asked: Any
) -> list[Purchase]:
    """Purchases, newest first, at most `limit`.

    Args:
        db: where purchases are.
        limit: how many at most.
        after: created_at and purchase_id of the last one of the page before.
        asked: what they must have of status, user_id, purchase_type, source, channel; and since and until, times
            between which they were created (the second is past the end).

    """
    after_at, after_id = after or (None, None)
    params = UNFILTERED | asked | {"after_at": after_at, "after_id": after_id, "max_rows": limit}
    return [found for (found,) in db.fetch_all_planned_anew(queries.list_purchases, **params)]


def history(
    db: Database, *, purchase_id: str, user_id: str | None = None, mode: str | None = None
) -> list[Event]:
    """The events of one purchase, oldest first, under the conditions of `get`. Raises PurchaseNotFound."""
    rows = db.fetch_all(queries.list_events, purchase_id=purchase_id, user_id=user_id, mode=mode)
    if not rows:
        raise PurchaseNotFound
    return [found for (found,) in rows]


def _transition(
    db: Database,
    step: Step,
    on_user_mismatch: str,
    asked: dict[str, Any],
    heeds_armed: bool = False,
) -> Outcome | None:
    """Run the one statement and read its judgement: an outcome, None for no such purchase, or a refusal raised."""
    params = (
        UNASKED
        | asked
        | vars(step)
        | {"metadata": COMPACT.encode(asked.get("metadata", {})), "heeds_armed": heeds_armed}
    )
    if params["item_id"] is None or params["price_stars"] is None:
        params["event_if_new"] = None  # too little is known to make a new one
    row = db.fetch_one(queries.transition_purchase, **params)
    if row is None and params["event_if_new"]:
        # Another first request won in that very moment; its row could not be seen yet. Now it can.
        row = db.fetch_one(queries.transition_purchase, **params)
    if row is None:
        return None
    judgement, event_type, previous_status, purchase = row
    if judgement == "armed":
        raise OutcomeArmed
    about = {"purchase_id": asked["purchase_id"], "user_id": asked.get("user_id")}
    match judgement:
        case "changed" | "unchanged":
            return Outcome(purchase, event_type, previous_status)
        case "user_mismatch":
            log.warning(on_user_mismatch, extra={**about, "existing_user_id": purchase["user_id"]})
            raise PurchaseConflict
        case "mode_mismatch":
            log.warning("purchase_params_mismatch", extra={**about, "mismatched": ["mode"]})
            raise PurchaseConflict  # says no more: a mock caller may claim to be anybody
        case "params_mismatch":
            mismatched = [
                name for name in COMPARED if name in asked and asked[name] != purchase[name]
            ]
            log.warning("purchase_params_mismatch", extra={**about, "mismatched": mismatched})
            raise PurchaseConflict(
                "This purchase_id was used before, with other values.", mismatched=mismatched
            )
        case "paid_live":
            raise PaidForReal
        case "item_not_for_sale":
            raise ItemNotForSale
        case _:
            mismatched = judgement.split()
            log.warning("purchase_params_mismatch", extra={**about, "mismatched": mismatched})
            raise PurchaseConflict(
                "The catalogue has other values for this item.", mismatched=mismatched
            )


def _log(name: str, outcome: Outcome, **more: Any) -> None:
    log.info(name, extra={field: outcome.purchase[field] for field in LOGGED} | more)
