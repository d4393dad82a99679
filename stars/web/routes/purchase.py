"""/api/v1/purchase: what front ends call to make, complete and look at purchases."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, request

from stars import errors, logs
from stars.domain import purchases
from stars.live import payments
from stars.mock import outcomes as mock
from stars.schemas import values
from stars.schemas import wire as schemas
from stars.web.bodies import load
from stars.web.http import Blueprint, authenticated, pay_url, respond, service

blp = Blueprint(
    "purchase", __name__, url_prefix="/api/v1/purchase", description="Buying something for Stars."
)

EXAMPLES = values.EXAMPLES
STEERING = schemas.MockHeaders()
CALLER: dict[str, Any] = {
    "security": [{"launchData": []}, {}],
    "parameters": [
        {
            "in": "header",
            "name": "X-User-Id",
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
            "example": "alice",
            "description": "Who is calling, in mock mode. Elsewhere only Authorization: tma counts.",
        }
    ],
}
OWN = {
    **CALLER,
    "parameters": [
        *CALLER["parameters"],
        {
            "in": "path",
            "name": "purchase_id",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
            "example": EXAMPLES["purchase"]["purchase_id"],
        },
    ],
}
STEERED = {
    **CALLER,
    "parameters": [
        *CALLER["parameters"],
        # X-Mock-Delay is told in words: schemathesis takes a number in a header for a promise to refuse unknown headers.
        {
            "in": "header",
            "name": "X-Mock-Outcome",
            "schema": {"type": "string", "enum": list(schemas.OUTCOMES)},
            "description": "Mock mode only: how the payment ends. `lost`: it is carried out and answered with 504. "
            f"`X-Mock-Delay: <seconds, at most {schemas.MAX_DELAY}>` waits before that.",
        },
    ],
}
REPLAYED = {
    "Idempotent-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "Nothing changed.",
    }
}
POLL_AFTER = 1  # second: Telegram's word comes within a few, and this is one indexed read
POLLED = {
    "Retry-After": {
        "schema": {"type": "integer"},
        "description": "Live, while pending: seconds to the next look.",
    }
}
TROUBLE = (errors.Unauthorized, errors.DatabaseUnavailable, errors.Busy)
BAD_BODY = (
    *TROUBLE,
    errors.InvalidJson,
    errors.StarsDisabled,
    errors.PurchaseConflict,
    errors.PayloadTooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidPurchasePayload,
    errors.ItemNotForSale,
)


def while_enabled(view: Callable[..., Response]) -> Callable[..., Response]:
    """Refuse everything while payments are off, before anything else is looked at (G24)."""

    @wraps(view)
    def gated(*args: Any, **kwargs: Any) -> Response:
        if service().settings.mode == "off":
            raise errors.StarsDisabled
        return view(*args, **kwargs)

    return gated


@blp.route("/invoice", methods=["POST"])
@while_enabled
@authenticated
@blp.arguments(schemas.InvoiceRequest(), example=EXAMPLES["invoice_request"])
@blp.response(
    201, schemas.InvoiceAnswer(), example=EXAMPLES["invoice"], description="Created, pending."
)
@blp.alt_response(
    200,
    schema=schemas.InvoiceAnswer(),
    example=EXAMPLES["invoice"],
    headers=REPLAYED,
    success=True,
    description="The caller's own purchase, reused; or reopened, when it had failed.",
)
@blp.refuses(*BAD_BODY, errors.TelegramUnavailable, **CALLER)
def create_invoice(body: dict[str, Any], user_id: str) -> Response:
    """Make or reuse a pending purchase

    Sending the same request again is always safe. A failed purchase is reopened. In live mode item, price and type are
    those of the catalogue, and `pay_url` is Telegram's link, to be given to `openInvoice`.
    """
    here = service()
    asked = {"user_id": user_id, "request_id": logs.request_id.get(), **body}
    if here.settings.mode == "live":
        outcome = payments.create_invoice(here.db, here.telegram, **asked)
    else:
        outcome = purchases.create_invoice(
            here.db, mode=here.row_mode, pay_url=pay_url(body["purchase_id"]), **asked
        )
    created = outcome.event_type == "purchase_invoice_created"
    answer = {field: outcome.purchase[field] for field in ("purchase_id", "status", "pay_url")}
    return respond(answer, 201 if created else 200, replayed_as(outcome))


@blp.route("", methods=["POST"])
@while_enabled
@authenticated
@blp.arguments(schemas.PurchaseRequest(), example={"purchase_id": "order-1001"})
@blp.response(200, schemas.PurchaseAnswer(), example=EXAMPLES["purchase"], headers=REPLAYED)
@blp.refuses(*BAD_BODY, errors.PurchaseNotFound, errors.MockOnly, errors.AnswerLost, **STEERED)
def record_purchase(body: dict[str, Any], user_id: str) -> Response:
    """Complete a purchase

    In mock mode it succeeds, with or without an invoice before, unless `X-Mock-Outcome` or an outcome armed before says
    otherwise. In live mode only Telegram can complete it, and this answers with the purchase as it stands.
    """
    here = service()
    asked = {"user_id": user_id, "mode": here.row_mode, "request_id": logs.request_id.get(), **body}
    steered = read_steering(here.settings.mode)
    if here.settings.mode == "live":
        outcome = purchases.confirm_purchase(here.db, **asked)
        if outcome is None:
            raise errors.PurchaseNotFound
        return respond(outcome.purchase)
    outcome = mock.pay(
        here.db, make_pay_url=lambda: pay_url(body["purchase_id"]), **steered, **asked
    )
    if outcome is None:
        missing = {"item_id", "price_stars"} - body.keys()
        raise errors.InvalidPurchasePayload(
            "There is no such purchase yet; these fields are missing to make it.",
            errors={name: ["Missing data for required field."] for name in sorted(missing)},
        )
    return respond(outcome.purchase, headers=replayed_as(outcome))


@blp.route("/<purchase_id>")
@authenticated
@blp.response(200, schemas.PurchaseAnswer(), example=EXAMPLES["purchase"], headers=POLLED)
@blp.refuses(*TROUBLE, errors.PurchaseNotFound, **OWN)
def get_purchase(purchase_id: str, user_id: str) -> Response:
    """Look at one of your purchases

    In live mode poll this after `openInvoice`, whatever its callback says, while the status is `pending`.
    """
    here = service()
    found = purchases.get(
        here.db, purchase_id=possible(purchase_id), user_id=user_id, mode=here.row_mode
    )
    headers = {"Cache-Control": "no-store"} if here.settings.mode == "live" else {}
    if headers and found["status"] == "pending":
        headers["Retry-After"] = str(POLL_AFTER)
    return respond(found, headers=headers)


@blp.route("/<purchase_id>/events")
@authenticated
@blp.response(200, schemas.EventAnswer(many=True), example=[EXAMPLES["event"]])
@blp.refuses(*TROUBLE, errors.PurchaseNotFound, **OWN)
def list_events(purchase_id: str, user_id: str) -> Response:
    """Look at its history, oldest first"""
    here = service()
    return respond(
        purchases.history(
            here.db, purchase_id=possible(purchase_id), user_id=user_id, mode=here.row_mode
        )
    )


def read_steering(mode: str) -> dict[str, Any]:
    """What X-Mock-Outcome and X-Mock-Delay say.

    Raises:
        MockOnly: outside mock mode.
        InvalidPurchasePayload: such a value cannot be meant.

    """
    sent = {
        name: request.headers[name]
        for name in ("X-Mock-Outcome", "X-Mock-Delay")
        if name in request.headers
    }
    if sent and mode != "mock":
        raise errors.MockOnly
    return load(STEERING, sent) if sent else {}


def possible(purchase_id: str) -> str:
    """A purchase_id from a path. One that no purchase can have is not asked for: raises PurchaseNotFound."""
    if not values.IDENTIFIER.fullmatch(purchase_id):
        raise errors.PurchaseNotFound
    return purchase_id


def replayed_as(outcome: purchases.Outcome) -> dict[str, str]:
    """The header that tells a caller the answer is an earlier one, given again."""
    return {} if outcome.event_type else {"Idempotent-Replayed": "true"}
