"""Purchases: what a caller may do with one.

Each change is one statement, which judges and commits (transitions.py). Then the change is logged,
and then it is answered or a refusal is raised. So a log line states a fact.
"""

import logging
from typing import Any, cast

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import transitions
from stars.domain.transitions import (
    COMPLETION,
    INVOICE,
    OPERATOR_FAILURE,
    PAYMENT_FAILURE,
    Attempt,
    Judgement,
)
from stars.domain.types import ANYBODY, Mode, Order, Owner, Purchase, Transition, Verdict
from stars.errors import PurchaseNotFound

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
    attempt = Attempt(
        step=INVOICE,
        purchase_id=purchase_id,
        owner=owner,
        mode=mode,
        order=order,
        request_id=request_id,
        pay_url=pay_url,
        log_on_user_mismatch="purchase_invoice_user_mismatch",
    )
    transition = transitions.carry_out(db, attempt)
    _log(transition.event_type or "purchase_invoice_reused", transition.purchase)
    return transition


def complete_purchase(
    db: Database, *, purchase_id: str, owner: Owner, order: Order, request_id: str
) -> Transition:
    """Make a mock purchase `succeeded`; a new one is made so at once (G5, G6, G10).

    Takes the same arguments as create_invoice and raises the same refusals. The mode is `mock`:
    a live purchase is completed by Telegram alone.
    """
    attempt = completion(purchase_id=purchase_id, owner=owner, order=order, request_id=request_id)
    return log_completion(attempt, transitions.carry_out(db, attempt))


def completion(*, purchase_id: str, owner: Owner, order: Order, request_id: str) -> Attempt:
    """Return the attempt that complete_purchase carries out."""
    return Attempt(
        step=COMPLETION,
        purchase_id=purchase_id,
        owner=owner,
        mode="mock",
        order=order,
        request_id=request_id,
    )


def log_completion(attempt: Attempt, transition: Transition) -> Transition:
    """Log what completing has done, and return it."""
    if transition.is_replay:
        _log("purchase_succeeded_idempotent", transition.purchase)
    else:
        _log(
            "purchase_succeeded",
            transition.purchase,
            previous_status=transition.previous_status,
            metadata=attempt.order.metadata,
        )
    return transition


def fail_payment(
    db: Database, *, purchase_id: str, owner: Owner, order: Order, request_id: str
) -> Transition:
    """Make a pending mock purchase `failed`, as a payment that fails does. Any other stays.

    Takes the same arguments as create_invoice.

    Raises:
        PurchaseNotFound: there is no such purchase.
        PurchaseConflict, Busy, DatabaseUnavailable: as create_invoice.

    """
    attempt = Attempt(
        step=PAYMENT_FAILURE,
        purchase_id=purchase_id,
        owner=owner,
        mode="mock",
        order=order,
        request_id=request_id,
    )
    transition = transitions.carry_out(db, attempt)
    _log_failure(transition)
    return transition


def mark_failed_by_operator(db: Database, *, purchase_id: str, request_id: str) -> Transition:
    """Make a pending or succeeded purchase `failed`, whoever owns it. A failed one stays (G11).

    Raises:
        PurchaseNotFound: there is no such purchase.
        PaidForReal: it is a live one that succeeded.
        Busy, DatabaseUnavailable: as create_invoice.

    """
    attempt = Attempt(
        step=OPERATOR_FAILURE,
        purchase_id=purchase_id,
        owner=ANYBODY,
        mode=None,
        order=Order(),
        request_id=request_id,
    )
    transition = transitions.carry_out(db, attempt)
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
    row = db.fetch_one(
        queries.compare_purchase,
        purchase_id=purchase_id,
        user_id=owner,
        mode=mode,
        item_id=order.item_id,
        price_stars=order.price_stars,
        purchase_type=order.purchase_type,
    )
    if row is None:
        raise PurchaseNotFound
    verdict, differing, purchase = row
    if verdict != Verdict.UNCHANGED:
        judged = Judgement(verdict=verdict, differing=differing, purchase=purchase)
        transitions.refuse(judged, purchase_id=purchase_id, user_id=owner)
    return cast(Purchase, purchase)


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


def log_fields(purchase: Purchase) -> dict[str, Any]:
    """Return the fields of a purchase that every log line about it has."""
    document = cast(dict[str, Any], purchase)
    return {name: document[name] for name in LOGGED}


def _log_failure(transition: Transition) -> None:
    if transition.event_type:
        _log(
            "purchase_failed",
            transition.purchase,
            previous_status=transition.previous_status,
        )


def _log(name: str, purchase: Purchase, **more: Any) -> None:
    log.info(name, extra=log_fields(purchase) | more)
