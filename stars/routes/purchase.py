"""/api/v1/purchase: what front ends call to make, complete and look at purchases."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import request

from stars import errors, logs, purchases, schemas
from stars.http import Blueprint, authenticated, respond, service

blp = Blueprint("purchase", __name__, url_prefix="/api/v1/purchase", description="Buying something for Stars.")

CALLER = {
    "security": [{"launchData": []}, {}],
    "parameters": [{
        "in": "header", "name": "X-User-Id", "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
        "example": "alice", "description": "Who is calling, in mock mode. Elsewhere only Authorization: tma counts.",
    }],
}
REPLAYED = {"Idempotent-Replayed": {"schema": {"type": "string", "enum": ["true"]}, "description": "Nothing changed."}}
PAY_URL = "http://127.0.0.1:8000/mock/pay/order-1001"
INVOICE = {"purchase_id": "order-1001", "status": "pending", "pay_url": PAY_URL}
PURCHASE = {
    **schemas.EXAMPLE_INVOICE, "user_id": "alice", "status": "succeeded", "mode": "mock",
    "created_at": "2026-01-31T12:00:00+00:00", "invoiced_at": "2026-01-31T12:00:00+00:00",
    "succeeded_at": "2026-01-31T12:00:04.21+00:00", "failed_at": None, "pay_url": PAY_URL,
}
EVENT = {
    "event_id": 2, "purchase_id": "order-1001", "version": 2, "event_type": "purchase_succeeded",
    "payload": {
        "purchase_id": "order-1001", "item_id": "golden-sword", "price_stars": 50, "purchase_type": "cosmetic",
        "previous_status": "pending", "metadata": {}, "invoice_to_purchase_ms": 4210,
    },
    "user_id": "alice", "request_id": "6f1c2a34b5d64e7f8a9b0c1d2e3f4a5b", "created_at": "2026-01-31T12:00:04.21+00:00",
}
BAD_BODIES = (
    errors.InvalidJson, errors.PayloadTooLarge, errors.UnsupportedMediaType, errors.InvalidPurchasePayload,
)
TROUBLE = (errors.Unauthorized, errors.DatabaseUnavailable, errors.Busy)


def while_enabled(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse everything while payments are off, before anything else is looked at (G24)."""

    @wraps(view)
    def gated(*args: Any, **kwargs: Any) -> Any:
        if service().settings.mode == "off":
            raise errors.StarsDisabled
        return view(*args, **kwargs)

    return gated


@blp.route("/invoice", methods=["POST"])
@while_enabled
@authenticated
@blp.arguments(schemas.InvoiceRequest(), example=schemas.EXAMPLE_INVOICE)
@blp.response(201, schemas.InvoiceAnswer(), example=INVOICE, description="Created, pending.")
@blp.alt_response(
    200, schema=schemas.InvoiceAnswer(), example=INVOICE, headers=REPLAYED, success=True,
    description="The caller's own purchase, reused; or reopened, when it had failed.",
)
@blp.refuses(*BAD_BODIES, *TROUBLE, errors.StarsDisabled, errors.PurchaseConflict, errors.LivePaymentsUnavailable, **CALLER)
def create_invoice(body: dict[str, Any], user_id: str) -> Any:
    """Make or reuse a pending purchase

    Sending the same request again is always safe. A failed purchase is reopened.
    """
    here = service()
    if here.settings.mode == "live":
        raise errors.LivePaymentsUnavailable
    base = here.settings.public_url or f"{request.scheme}://{request.host}"
    outcome = purchases.create_invoice(
        here.db, user_id=user_id, mode=here.row_mode, request_id=logs.request_id.get(),
        pay_url=f"{base}/mock/pay/{body['purchase_id']}", **body,
    )
    answer = {field: outcome.purchase[field] for field in ("purchase_id", "status", "pay_url")}
    return respond(answer, 201 if outcome.created else 200, replay_header(outcome))


@blp.route("", methods=["POST"])
@while_enabled
@authenticated
@blp.arguments(schemas.PurchaseRequest(), example={"purchase_id": "order-1001"})
@blp.response(200, schemas.PurchaseAnswer(), example=PURCHASE, headers=REPLAYED, description="The whole purchase.")
@blp.refuses(*BAD_BODIES, *TROUBLE, errors.StarsDisabled, errors.PurchaseNotFound, errors.PurchaseConflict, **CALLER)
def record_purchase(body: dict[str, Any], user_id: str) -> Any:
    """Complete a purchase

    In mock mode it succeeds, with or without an invoice before. In live mode only Telegram can complete it, and this
    answers with the purchase as it stands.
    """
    here = service()
    told = {"user_id": user_id, "mode": here.row_mode, "request_id": logs.request_id.get(), **body}
    if here.settings.mode == "live":
        return respond(purchases.confirm_purchase(here.db, **told))
    outcome = purchases.record_purchase(here.db, **told)
    if outcome is None:
        missing = [name for name in ("item_id", "price_stars") if name not in body]
        raise errors.InvalidPurchasePayload(
            "There is no such purchase yet, and these fields are missing to make it.",
            errors={name: ["Missing data for required field."] for name in missing},
        )
    return respond(outcome.purchase, headers=replay_header(outcome))


@blp.route("/<purchase_id>")
@authenticated
@blp.response(200, schemas.PurchaseAnswer(), example=PURCHASE)
@blp.refuses(*TROUBLE, errors.PurchaseNotFound, **CALLER)
def get_purchase(purchase_id: str, user_id: str) -> Any:
    """Look at one of your purchases"""
    here = service()
    return respond(purchases.get(here.db, purchase_id=known(purchase_id), user_id=user_id, mode=here.row_mode))


@blp.route("/<purchase_id>/events")
@authenticated
@blp.response(200, schemas.EventAnswer(many=True), example=[EVENT])
@blp.refuses(*TROUBLE, errors.PurchaseNotFound, **CALLER)
def list_events(purchase_id: str, user_id: str) -> Any:
    """Look at its history, oldest first"""
    here = service()
    return respond(purchases.history(here.db, purchase_id=known(purchase_id), user_id=user_id, mode=here.row_mode))


def known(purchase_id: str) -> str:
    """A purchase_id from a path; one that no purchase can have is not asked for. Raises PurchaseNotFound."""
    if not schemas.IDENTIFIER.fullmatch(purchase_id):
        raise errors.PurchaseNotFound
    return purchase_id


def replay_header(outcome: purchases.Outcome) -> dict[str, str]:
    """Tells a caller that the answer is an earlier one, given again."""
    return {"Idempotent-Replayed": "true"} if outcome.replayed else {}
