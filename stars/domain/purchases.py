"""Purchases: what may happen to one. Each change is one statement, which judges and commits.

Then the change is logged, and then it is answered or a refusal is raised. So a log line states
a fact, and a refusal undoes nothing that was recorded.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, cast

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.types import ANYBODY, Mode, Order, Owner, Purchase, Status, Transition, Verdict
from stars.errors import (
    InvalidPurchasePayload,
    ItemNotForSale,
    PaidForReal,
    PurchaseConflict,
    PurchaseNotFound,
)

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
COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a call does to a purchase, by the lifecycle of the contract (section 6).

    It makes a purchase `to_status` if it is in one of `from_statuses`, and writes `event_if_known`.
    It makes a new one if `event_if_new` names the event of that.
    """

    to_status: Status
    from_statuses: tuple[Status, ...]
    event_if_known: str
    event_if_new: str | None = None


# What does not stand here changes nothing.
INVOICE = Step(
    to_status="pending",
    from_statuses=("failed",),
    event_if_known="purchase_invoice_reopened",
    event_if_new="purchase_invoice_created",
)
COMPLETION = Step(
    to_status="succeeded",
    from_statuses=("pending", "failed"),
    event_if_known="purchase_succeeded",
    event_if_new="purchase_succeeded",
)
PAYMENT_FAILURE = Step(
    to_status="failed",
    from_statuses=("pending",),
    event_if_known="purchase_failed",
)
OPERATOR_FAILURE = Step(
    to_status="failed",
    from_statuses=("pending", "succeeded"),
    event_if_known="purchase_failed",
)


def create_invoice(
    db: Database,
    *,
    purchase_id: str,
    owner: Owner,
    mode: Mode,
    order: Order,
    request_id: str,
    pay_url: str | None = None,
) -> Transition:
    """Make a purchase `pending`, or reuse the owner's own (G1-G4, G9).

    Args:
        db: where purchases are.
        purchase_id: the idempotency key, made by the client.
        owner: who buys. ANYBODY reopens a purchase that exists, whoever owns it.
        mode: the mode that a new purchase gets and that a known one must have.
        order: what is bought.
        request_id: for the event.
        pay_url: where it can be paid, if that is known already.

    Raises:
        PurchaseConflict: the id belongs to another user or to other terms, or the catalogue has
            other terms for the item.
        ItemNotForSale: the catalogue does not have the item.
        InvalidPurchasePayload: the purchase is new, and `order` or `owner` does not say enough.
        Busy, DatabaseUnavailable: nobody can tell whether it was carried out. Asking again gives
            the one result.

    """
    transition = _transition(
        db,
        INVOICE,
        purchase_id=purchase_id,
        owner=owner,
        mode=mode,
        order=order,
        request_id=request_id,
        pay_url=pay_url,
        log_on_user_mismatch="purchase_invoice_user_mismatch",
    )
    _log(transition.event_type or "purchase_invoice_reused", transition.purchase)
    return transition


def complete_purchase(
    db: Database, *, purchase_id: str, owner: Owner, order: Order, request_id: str
) -> Transition:
    """Make a mock purchase `succeeded`; a new one is made so at once (G5, G6, G10).

    Takes the same arguments as create_invoice and raises the same refusals. The mode is `mock`:
    a live purchase is completed by Telegram alone.
    """
    transition = _transition(
        db,
        COMPLETION,
        purchase_id=purchase_id,
        owner=owner,
        mode="mock",
        order=order,
        request_id=request_id,
    )
    if transition.is_replay:
        _log("purchase_succeeded_idempotent", transition.purchase)
        return transition
    _log(
        "purchase_succeeded",
        transition.purchase,
        previous_status=transition.previous_status,
        metadata=order.metadata,
    )
    return transition


def fail_payment(
    db: Database, *, purchase_id: str, owner: Owner, order: Order, request_id: str
) -> Transition:
    """Make a pending mock purchase `failed`, as a payment that fails does. Any other stays as it is.

    Takes the same arguments as create_invoice.

    Raises:
        PurchaseNotFound: there is no such purchase.
        PurchaseConflict, Busy, DatabaseUnavailable: as create_invoice.

    """
    transition = _transition(
        db,
        PAYMENT_FAILURE,
        purchase_id=purchase_id,
        owner=owner,
        mode="mock",
        order=order,
        request_id=request_id,
    )
    _log_failure(transition)
    return transition


def mark_failed_by_operator(db: Database, *, purchase_id: str, request_id: str) -> Transition:
    """Make a pending or succeeded purchase `failed`, whoever owns it. A failed one stays (G11).

    Raises:
        PurchaseNotFound: there is no such purchase.
        PaidForReal: it is a live one that succeeded.
        Busy, DatabaseUnavailable: as create_invoice.

    """
    transition = _transition(
        db,
        OPERATOR_FAILURE,
        purchase_id=purchase_id,
        owner=ANYBODY,
        mode=None,
        order=Order(),
        request_id=request_id,
    )
    _log_failure(transition)
    return transition


def confirm_purchase(
    db: Database, *, purchase_id: str, owner: str, mode: Mode, order: Order
) -> Purchase:
    """Return a purchase as it stands, after comparing it with what is asked for. Changes nothing.

    This is what live mode answers when a caller wants to complete a purchase (G24).

    Raises:
        PurchaseNotFound: there is no such purchase.
        PurchaseConflict: it is another user's, or of another mode, or has other terms.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    purchase = get(db, purchase_id=purchase_id, owner=ANYBODY)
    if purchase["user_id"] != owner:
        _refuse_user(purchase, owner, "purchase_user_mismatch")
    if purchase["mode"] != mode:
        _refuse_mode(purchase_id, owner)
    if order.differences(purchase):
        _refuse_terms(purchase, owner, order)
    return purchase


def get(db: Database, *, purchase_id: str, owner: Owner, mode: Mode | None = None) -> Purchase:
    """Return one purchase.

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
    found = db.fetch_one(queries.get_purchase, purchase_id=purchase_id, user_id=user_id, mode=mode)
    if found is None:
        raise PurchaseNotFound
    return cast(Purchase, found)


def find(
    db: Database,
    *,
    limit: int = 20,
    after: tuple[datetime, str] | None = None,
    status: str | None = None,
    user_id: str | None = None,
    item_id: str | None = None,
    mode: Mode | None = None,
    purchase_type: str | None = None,
    source: str | None = None,
    channel: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Purchase]:
    """Return the purchases that have all of what is asked for, newest first.

    Args:
        db: where purchases are.
        limit: how many at most.
        after: created_at and purchase_id of the last one of the page before.
        status, user_id, item_id, mode, purchase_type, source, channel: what they must have; None for any.
        since, until: they were created at or after `since` and before `until`.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    after_at, after_id = after or (None, None)
    rows = db.fetch_all_planned_anew(
        queries.list_purchases,
        status=status,
        user_id=user_id,
        item_id=item_id,
        mode=mode,
        purchase_type=purchase_type,
        source=source,
        channel=channel,
        since=since,
        until=until,
        after_at=after_at,
        after_id=after_id,
        max_rows=limit,
    )
    return [purchase for (purchase,) in rows]


def log_fields(purchase: Purchase) -> dict[str, Any]:
    """Return the fields of a purchase that every log line about it has."""
    document = cast(dict[str, Any], purchase)
    return {name: document[name] for name in LOGGED}


def _transition(
    db: Database,
    step: Step,
    *,
    purchase_id: str,
    owner: Owner,
    mode: Mode | None,
    order: Order,
    request_id: str,
    pay_url: str | None = None,
    log_on_user_mismatch: str = "purchase_user_mismatch",
) -> Transition:
    """Run the one statement of a transition, and return what it did or raise what it judged."""
    user_id = None if owner is ANYBODY else owner
    may_create = step.event_if_new is not None and user_id is not None and not order.missing()
    params = {
        "purchase_id": purchase_id,
        "user_id": user_id,
        "item_id": order.item_id,
        "price_stars": order.price_stars,
        "purchase_type": order.purchase_type,
        "mode": mode,
        "source": order.source,
        "channel": order.channel,
        "metadata": COMPACT.encode(order.metadata),
        "pay_url": pay_url,
        "request_id": request_id,
        "to_status": step.to_status,
        "from_statuses": " ".join(step.from_statuses),
        "event_if_new": step.event_if_new if may_create else None,
        "event_if_known": step.event_if_known,
    }
    row = db.fetch_one(queries.transition_purchase, **params)
    if row is None and may_create:
        # Another first request won in that very moment, and its row could not be seen yet.
        row = db.fetch_one(queries.transition_purchase, **params)
    if row is None:
        _refuse_unknown(step, purchase_id, owner, order)
    verdict, event_type, previous_status, purchase = row
    if verdict in (Verdict.CHANGED, Verdict.UNCHANGED):
        return Transition(
            purchase=purchase,
            event_type=event_type,
            previous_status=previous_status,
            is_replay=event_type is None,
        )
    _refuse(verdict, purchase, purchase_id, user_id, order, log_on_user_mismatch)


def _refuse(
    verdict: str,
    purchase: Purchase,
    purchase_id: str,
    user_id: str | None,
    order: Order,
    log_on_user_mismatch: str,
) -> NoReturn:
    match verdict:
        case Verdict.USER_MISMATCH:
            _refuse_user(purchase, user_id, log_on_user_mismatch)
        case Verdict.MODE_MISMATCH:
            _refuse_mode(purchase_id, user_id)
        case Verdict.TERMS_MISMATCH:
            _refuse_terms(purchase, user_id, order)
        case Verdict.PAID_LIVE:
            raise PaidForReal
        case Verdict.NOT_FOR_SALE:
            raise ItemNotForSale
        case _:
            _refuse_by_catalogue(purchase_id, user_id, verdict.split())


def _refuse_user(purchase: Purchase, user_id: str | None, name: str) -> NoReturn:
    log.warning(
        name,
        extra={
            "purchase_id": purchase["purchase_id"],
            "user_id": user_id,
            "existing_user_id": purchase["user_id"],
        },
    )
    raise PurchaseConflict


def _refuse_mode(purchase_id: str, user_id: str | None) -> NoReturn:
    _log_mismatch(purchase_id, user_id, ["mode"])
    raise PurchaseConflict  # says no more: a mock caller may claim to be anybody


def _refuse_terms(purchase: Purchase, user_id: str | None, order: Order) -> NoReturn:
    mismatched = order.differences(purchase)
    _log_mismatch(purchase["purchase_id"], user_id, mismatched)
    raise PurchaseConflict(
        "This purchase_id was used before, with other values.", mismatched=mismatched
    )


def _refuse_by_catalogue(purchase_id: str, user_id: str | None, mismatched: list[str]) -> NoReturn:
    _log_mismatch(purchase_id, user_id, mismatched)
    raise PurchaseConflict("The catalogue has other values for this item.", mismatched=mismatched)


def _refuse_unknown(step: Step, purchase_id: str, owner: Owner, order: Order) -> NoReturn:
    if owner is ANYBODY:
        raise PurchaseNotFound(f"There is no purchase {purchase_id}.")
    if step.event_if_new is None:
        raise PurchaseNotFound
    missing = order.missing()
    raise InvalidPurchasePayload(
        "There is no such purchase yet; these fields are missing to make it.",
        errors={name: ["Missing data for required field."] for name in missing},
    )


def _log_mismatch(purchase_id: str, user_id: str | None, mismatched: list[str]) -> None:
    log.warning(
        "purchase_params_mismatch",
        extra={"purchase_id": purchase_id, "user_id": user_id, "mismatched": mismatched},
    )


def _log_failure(transition: Transition) -> None:
    if transition.event_type:
        _log(
            "purchase_failed",
            transition.purchase,
            previous_status=transition.previous_status,
        )


def _log(name: str, purchase: Purchase, **more: Any) -> None:
    log.info(name, extra=log_fields(purchase) | more)
