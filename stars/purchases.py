"""The domain: what may happen to a purchase, and what is said of it. No Flask, no HTTP.

Each function runs one statement, which judges and commits by itself; then it logs what happened, then it answers or
raises. So a log line states a fact, and a refusal undoes nothing that was recorded.
"""

import json
import logging
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from stars.db import Database, queries
from stars.errors import Busy, PurchaseConflict, PurchaseNotFound, Refusal

log = logging.getLogger(__name__)


class PaidForReal(Refusal):
    """A live purchase that succeeded cannot be marked failed."""

    status = 409
    detail = "Real Stars were paid for it: refund it instead."


class Purchase(TypedDict):
    """A purchase as the contract shows it (section 4). Times are RFC 3339, UTC, to the microsecond."""

    purchase_id: str
    user_id: str
    item_id: str
    price_stars: int
    purchase_type: str
    status: str
    mode: str
    source: str | None
    channel: str | None
    metadata: dict[str, Any]
    created_at: str
    invoiced_at: str | None
    succeeded_at: str | None
    failed_at: str | None
    pay_url: str | None


class Event(TypedDict):
    """One step in the history of a purchase. `version` counts 1, 2, 3 without gaps (G12)."""

    event_id: int
    purchase_id: str
    version: int
    event_type: str
    payload: dict[str, Any]
    user_id: str
    request_id: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Step:
    """What a call may do to a purchase: make it `to_status`, from which statuses, and what the event is then called."""

    to_status: str | None
    from_statuses: str = ""  # separated by blanks
    event_if_new: str | None = None  # None: it makes no new purchase
    event_if_known: str | None = None


# The lifecycle (section 6 of the contract). Whatever is not here changes nothing.
CREATE_INVOICE = Step("pending", "failed", "purchase_invoice_created", "purchase_invoice_reopened")
RECORD_PURCHASE = Step("succeeded", "pending failed", "purchase_succeeded", "purchase_succeeded")
MARK_FAILED = Step("failed", "pending succeeded", None, "purchase_failed")
CONFIRM_PURCHASE = Step(None)

LOGGED = ("purchase_id", "user_id", "item_id", "price_stars", "purchase_type", "source", "channel", "mode")
COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
UNASKED = dict.fromkeys(("user_id", "item_id", "price_stars", "purchase_type", "mode", "source", "channel", "pay_url"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a transition found and did. `event_type` is None when it changed nothing."""

    purchase: Purchase
    event_type: str | None
    previous_status: str | None

    @property
    def created(self) -> bool:
        """Whether there was no such purchase before."""
        return self.event_type is not None and self.previous_status is None

    @property
    def replayed(self) -> bool:
        """Whether the answer is an earlier one, given again."""
        return self.event_type is None


def create_invoice(db: Database, *, user_id: str, mode: str, pay_url: str | None, request_id: str, **asked: Any) -> Outcome:
    """Make the purchase `pending`, or reuse the caller's own (G1-G4, G9).

    Args:
        asked: the fields of the request: purchase_id, item_id, price_stars, and optionally the others.

    Raises:
        PurchaseConflict: the id is another user's, or stands for another item, price or type.
        Busy, DatabaseUnavailable: nobody can tell whether it was carried out; asking again gives the one result.

    """
    outcome = _transition(
        db, CREATE_INVOICE, "purchase_invoice_user_mismatch",
        user_id=user_id, mode=mode, pay_url=pay_url, request_id=request_id, **asked,
    )
    assert outcome is not None, "an invoice always has what it takes to create the purchase"
    _log(outcome.event_type or "purchase_invoice_reused", outcome)
    return outcome


def record_purchase(db: Database, *, user_id: str, mode: str, request_id: str, **asked: Any) -> Outcome | None:
    """Complete a mock purchase, creating it when `asked` says what it is (G5, G6, G10).

    Returns:
        None when there is no such purchase and `asked` lacks item_id or price_stars.

    Raises:
        PurchaseConflict, Busy, DatabaseUnavailable: as create_invoice.

    """
    outcome = _transition(
        db, RECORD_PURCHASE, "purchase_user_mismatch", user_id=user_id, mode=mode, request_id=request_id, **asked
    )
    if outcome and outcome.event_type:
        _log("purchase_succeeded", outcome, previous_status=outcome.previous_status, metadata=asked.get("metadata", {}))
    elif outcome:
        _log("purchase_succeeded_idempotent", outcome)
    return outcome


def confirm_purchase(db: Database, *, user_id: str, mode: str, request_id: str, **asked: Any) -> Purchase:
    """The purchase as it stands, held against what the caller asked for; changes nothing. What live mode answers (G24).

    Raises:
        PurchaseNotFound: there is no such purchase.
        PurchaseConflict, Busy, DatabaseUnavailable: as create_invoice.

    """
    outcome = _transition(
        db, CONFIRM_PURCHASE, "purchase_user_mismatch", user_id=user_id, mode=mode, request_id=request_id, **asked
    )
    if outcome is None:
        raise PurchaseNotFound
    return outcome.purchase


def mark_failed(db: Database, *, purchase_id: str, request_id: str) -> Outcome:
    """Mark a purchase failed, whoever owns it: for the console. A failed one stays as it is (G11).

    Raises:
        PurchaseNotFound: there is no such purchase.
        PaidForReal: it is a live one and succeeded.
        Busy, DatabaseUnavailable: as create_invoice.

    """
    outcome = _transition(db, MARK_FAILED, "purchase_user_mismatch", purchase_id=purchase_id, request_id=request_id)
    if outcome is None:
        raise PurchaseNotFound(f"There is no purchase {purchase_id}.")
    if outcome.event_type:
        _log(outcome.event_type, outcome, previous_status=outcome.previous_status)
    return outcome


def get(db: Database, *, purchase_id: str, user_id: str | None = None, mode: str | None = None) -> Purchase:
    """One purchase; with `user_id` and `mode` only if it is that user's, made in that mode. Raises PurchaseNotFound."""
    found = db.fetch_one(queries.get_purchase, purchase_id=purchase_id, user_id=user_id, mode=mode)
    if found is None:
        raise PurchaseNotFound
    return cast(Purchase, found)


def find(db: Database, *, status: str | None = None, user_id: str | None = None, limit: int = 20) -> list[Purchase]:
    """Purchases, newest first, at most `limit`."""
    rows = db.fetch_all(queries.list_purchases, status=status, user_id=user_id, max_rows=limit)
    return [found for (found,) in rows]


def history(db: Database, *, purchase_id: str, user_id: str | None = None, mode: str | None = None) -> list[Event]:
    """The events of one purchase, oldest first, under the conditions of `get`. Raises PurchaseNotFound."""
    rows = db.fetch_all(queries.list_events, purchase_id=purchase_id, user_id=user_id, mode=mode)
    if not rows:
        raise PurchaseNotFound
    return [found for (found,) in rows]


def _transition(db: Database, step: Step, on_user_mismatch: str, **asked: Any) -> Outcome | None:
    """Run the one statement and read its judgement: an outcome, None for no such purchase, or a refusal raised."""
    params = UNASKED | asked
    params["metadata"] = COMPACT.encode(asked.get("metadata", {}))
    params |= {
        "to_status": step.to_status, "from_statuses": step.from_statuses,
        "event_if_new": step.event_if_new, "event_if_known": step.event_if_known,
    }
    creates = step.event_if_new is not None and params["item_id"] is not None and params["price_stars"] is not None
    # Twice: the first try finds nothing and inserts nothing when another first request wins in that very moment.
    for _ in range(2 if creates else 1):
        row = db.fetch_one(queries.transition_purchase, **params)
        if row is not None:
            return _read(row, on_user_mismatch, asked)
    if creates:
        raise Busy
    return None


def _read(row: tuple[Any, ...], on_user_mismatch: str, asked: dict[str, Any]) -> Outcome:
    """The judgement of the statement: an outcome, or a refusal, logged and raised."""
    judgement, event_type, previous_status, found = row
    purchase: Purchase = found
    who = {"purchase_id": purchase["purchase_id"], "user_id": asked.get("user_id")}
    match judgement:
        case "user_mismatch":
            log.warning(on_user_mismatch, extra={**who, "existing_user_id": purchase["user_id"]})
            raise PurchaseConflict
        case "mode_mismatch":
            log.warning("purchase_params_mismatch", extra={**who, "mismatched": ["mode"]})
            raise PurchaseConflict  # says no more: a mock caller may claim to be anybody
        case "params_mismatch":
            compared = ("item_id", "price_stars", "purchase_type")
            mismatched = [name for name in compared if name in asked and asked[name] != found[name]]
            log.warning("purchase_params_mismatch", extra={**who, "mismatched": mismatched})
            raise PurchaseConflict("This purchase_id was used before, with other values.", mismatched=mismatched)
        case "paid_live":
            raise PaidForReal
    return Outcome(purchase, event_type, previous_status)


def _log(name: str, outcome: Outcome, **more: Any) -> None:
    log.info(name, extra={field: outcome.purchase[field] for field in LOGGED} | more)
