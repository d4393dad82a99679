"""/api/v1/purchase: what front ends call to make, complete and look at purchases."""

from typing import Any

from flask import Response, request

from stars import errors
from stars.domain import purchases
from stars.domain.events import history
from stars.domain.payments import Payments, Steering
from stars.schemas.answers import EventAnswer, InvoiceAnswer, PurchaseAnswer
from stars.schemas.examples import EXAMPLES
from stars.schemas.mock import MAX_DELAY, OUTCOMES, MockHeaders
from stars.schemas.requests import InvoiceRequest, PurchaseRequest
from stars.web.answers import REPLAYED, replay_header, respond
from stars.web.api import PURCHASE_ID, USER, X_USER_ID, Answer, Blueprint, Body
from stars.web.bodies import load, read_order, read_purchase_id
from stars.web.callers.users import current_reader, current_user
from stars.web.requests import address, request_id, service

blp = Blueprint(
    "purchase", __name__, url_prefix="/api/v1/purchase", description="Buying something for Stars."
)

INVOICE_REQUEST = InvoiceRequest()
PURCHASE_REQUEST = PurchaseRequest()
MOCK_HEADERS = MockHeaders()

# X-Mock-Delay is told in words: schemathesis takes a number in a header for a promise to refuse
# unknown headers.
X_MOCK_OUTCOME: dict[str, Any] = {
    "in": "header",
    "name": "X-Mock-Outcome",
    "schema": {"type": "string", "enum": list(OUTCOMES)},
    "description": "Mock mode only: how the payment ends. `lost`: it is carried out and answered "
    f"with 504. `X-Mock-Delay: <seconds, at most {MAX_DELAY}>` waits before that.",
}
POLLED = {
    "Retry-After": {
        "schema": {"type": "integer"},
        "description": "Live, while pending: seconds to the next look.",
    }
}
TROUBLE = (
    errors.Unauthorized,
    errors.InsufficientScope,
    errors.IdentityUnavailable,
    errors.DatabaseUnavailable,
    errors.Busy,
)
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


@blp.post("/invoice")
@blp.describe(
    Answer(
        status=201,
        schema=InvoiceAnswer(),
        example=EXAMPLES["invoice"],
        description="Created, pending.",
    ),
    Answer(
        status=200,
        schema=InvoiceAnswer(),
        example=EXAMPLES["invoice"],
        description="The caller's own purchase, reused; or reopened, when it had failed.",
        headers=REPLAYED,
    ),
    body=Body(schema=INVOICE_REQUEST, example=EXAMPLES["invoice_request"]),
    refuses=(*BAD_BODY, errors.TelegramUnavailable),
    parameters=[X_USER_ID],
    security=USER,
)
def create_invoice() -> Response:
    """Make or reuse a pending purchase

    Sending the same request again is always safe. A failed purchase is reopened. In live mode
    item, price and type are those of the catalogue, and `pay_url` is Telegram's link, to be given
    to `openInvoice`.
    """
    payments = enabled_payments()
    user_id = current_user("write")
    purchase_id, order = read_order(INVOICE_REQUEST)
    transition = payments.create_invoice(
        purchase_id=purchase_id,
        owner=user_id,
        order=order,
        request_id=request_id(),
        address=address(),
    )
    purchase = transition.purchase
    answer = {
        "purchase_id": purchase["purchase_id"],
        "status": purchase["status"],
        "pay_url": purchase["pay_url"],
    }
    is_new = transition.event_type == "purchase_invoice_created"
    return respond(answer, 201 if is_new else 200, replay_header(transition))


@blp.post("")
@blp.describe(
    Answer(schema=PurchaseAnswer(), example=EXAMPLES["purchase"], headers=REPLAYED),
    body=Body(schema=PURCHASE_REQUEST, example={"purchase_id": "order-1001"}),
    refuses=(*BAD_BODY, errors.PurchaseNotFound, errors.MockOnly, errors.AnswerLost),
    parameters=[X_USER_ID, X_MOCK_OUTCOME],
    security=USER,
)
def record_purchase() -> Response:
    """Complete a purchase

    In mock mode it succeeds, with or without an invoice before, unless `X-Mock-Outcome` or an
    outcome armed before says otherwise. In live mode only Telegram can complete it, and this
    answers with the purchase as it stands.
    """
    payments = enabled_payments()
    user_id = current_user("write")
    purchase_id, order = read_order(PURCHASE_REQUEST)
    transition = payments.complete_purchase(
        purchase_id=purchase_id,
        owner=user_id,
        order=order,
        request_id=request_id(),
        address=address(),
        steering=read_steering(payments),
    )
    return respond(transition.purchase, headers=replay_header(transition))


@blp.get("/<purchase_id>")
@blp.describe(
    Answer(schema=PurchaseAnswer(), example=EXAMPLES["purchase"], headers=POLLED),
    refuses=(*TROUBLE, errors.PurchaseNotFound),
    parameters=[X_USER_ID, PURCHASE_ID],
    security=USER,
)
def get_purchase(purchase_id: str) -> Response:
    """Look at one of your purchases

    In live mode poll this after `openInvoice`, whatever its callback says, while the status is
    `pending`.
    """
    caller = current_reader("read", "write")
    here = service()
    with caller.reading():
        purchase = purchases.get(
            here.db,
            purchase_id=read_purchase_id(purchase_id),
            owner=caller.user_id,
            mode=here.payments.mode,
        )
    caller.check_reading(purchase["created_at"])
    headers = {"Cache-Control": "no-store"}
    seconds = here.payments.poll_after(purchase)
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    return respond(purchase, headers=headers)


@blp.get("/<purchase_id>/events")
@blp.describe(
    Answer(schema=EventAnswer(many=True), example=[EXAMPLES["event"]]),
    refuses=(*TROUBLE, errors.PurchaseNotFound),
    parameters=[X_USER_ID, PURCHASE_ID],
    security=USER,
)
def list_events(purchase_id: str) -> Response:
    """Look at its history, oldest first"""
    caller = current_reader("read", "write")
    here = service()
    with caller.reading():
        events = history(
            here.db,
            purchase_id=read_purchase_id(purchase_id),
            owner=caller.user_id,
            mode=here.payments.mode,
        )
    caller.check_reading(events[0]["created_at"])
    return respond(events)


def enabled_payments() -> Payments:
    """Return the way to be paid. Raises StarsDisabled, before anything else is looked at (G24)."""
    payments = service().payments
    if not payments.enabled:
        raise errors.StarsDisabled
    return payments


def read_steering(payments: Payments) -> Steering | None:
    """Return what X-Mock-Outcome and X-Mock-Delay say; None when neither is sent.

    Raises:
        MockOnly: nothing is steered where money is real.
        InvalidPurchasePayload: such a value cannot be meant.

    """
    names = ("X-Mock-Outcome", "X-Mock-Delay")
    sent = {name: request.headers[name] for name in names if name in request.headers}
    if not sent:
        return None
    if not payments.steerable:
        raise errors.MockOnly
    wanted = load(MOCK_HEADERS, sent)
    return Steering(outcome=wanted.get("outcome"), delay=wanted.get("delay"))
