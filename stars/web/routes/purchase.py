"""/api/v1/purchase: what front ends call to make, complete and look at purchases."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, request

from stars import errors
from stars.domain import purchases
from stars.domain.events import history
from stars.domain.payments import Steering
from stars.domain.types import Order, Transition
from stars.schemas import values
from stars.schemas import wire as schemas
from stars.web.bodies import load
from stars.web.http import Blueprint, address, authenticated, request_id, respond, service

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
        if not service().payments.enabled:
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
    purchase_id, order = read_order(body)
    transition = service().payments.create_invoice(
        purchase_id=purchase_id,
        owner=user_id,
        order=order,
        request_id=request_id(),
        address=address(),
    )
    created = transition.event_type == "purchase_invoice_created"
    purchase = transition.purchase
    answer = {
        "purchase_id": purchase["purchase_id"],
        "status": purchase["status"],
        "pay_url": purchase["pay_url"],
    }
    return respond(answer, 201 if created else 200, replayed_as(transition))


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
    steering = read_steering()
    purchase_id, order = read_order(body)
    transition = service().payments.complete_purchase(
        purchase_id=purchase_id,
        owner=user_id,
        order=order,
        request_id=request_id(),
        address=address(),
        steering=steering,
    )
    return respond(transition.purchase, headers=replayed_as(transition))


@blp.route("/<purchase_id>")
@authenticated
@blp.response(200, schemas.PurchaseAnswer(), example=EXAMPLES["purchase"], headers=POLLED)
@blp.refuses(*TROUBLE, errors.PurchaseNotFound, **OWN)
def get_purchase(purchase_id: str, user_id: str) -> Response:
    """Look at one of your purchases

    In live mode poll this after `openInvoice`, whatever its callback says, while the status is `pending`.
    """
    here = service()
    purchase = purchases.get(
        here.db, purchase_id=possible(purchase_id), owner=user_id, mode=here.payments.mode
    )
    headers = {"Cache-Control": "no-store"}
    seconds = here.payments.poll_after(purchase)
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    return respond(purchase, headers=headers)


@blp.route("/<purchase_id>/events")
@authenticated
@blp.response(200, schemas.EventAnswer(many=True), example=[EXAMPLES["event"]])
@blp.refuses(*TROUBLE, errors.PurchaseNotFound, **OWN)
def list_events(purchase_id: str, user_id: str) -> Response:
    """Look at its history, oldest first"""
    here = service()
    events = history(
        here.db, purchase_id=possible(purchase_id), owner=user_id, mode=here.payments.mode
    )
    return respond(events)


def read_order(body: dict[str, Any]) -> tuple[str, Order]:
    """Return the purchase_id of a body that its schema has loaded, and the order it describes."""
    terms = {name: value for name, value in body.items() if name != "purchase_id"}
    return body["purchase_id"], Order(**terms)


def read_steering() -> Steering | None:
    """Return what X-Mock-Outcome and X-Mock-Delay say; None when neither is sent.

    Raises:
        MockOnly: nothing is steered where money is real.
        InvalidPurchasePayload: such a value cannot be meant.

    """
    sent = {
        name: request.headers[name]
        for name in ("X-Mock-Outcome", "X-Mock-Delay")
        if name in request.headers
    }
    if not sent:
        return None
    if not service().payments.steerable:
        raise errors.MockOnly
    return Steering(**load(STEERING, sent))


def possible(purchase_id: str) -> str:
    """A purchase_id from a path. One that no purchase can have is not asked for: raises PurchaseNotFound."""
    if not values.IDENTIFIER.fullmatch(purchase_id):
        raise errors.PurchaseNotFound
    return purchase_id


def replayed_as(transition: Transition) -> dict[str, str]:
    """Return the header that tells a caller that the answer is an earlier one, given again."""
    return {"Idempotent-Replayed": "true"} if transition.is_replay else {}
