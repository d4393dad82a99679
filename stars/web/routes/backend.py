"""/api/v1/purchases and /api/v1/events: what the shop's own backend asks and does, with a key."""

from typing import Any

from flask import Response

from stars import errors
from stars.domain import fulfilment, purchases, search
from stars.domain.events import history
from stars.domain.types import ANYBODY, Purchase
from stars.notifications import feed
from stars.schemas.answers import PurchaseAnswer
from stars.schemas.backend import (
    FeedAnswer,
    FeedQuery,
    FulfilRequest,
    PurchaseInFull,
    PurchasesAnswer,
    PurchasesQuery,
)
from stars.schemas.examples import EXAMPLES
from stars.web.answers import REPLAYED, replay_header, respond
from stars.web.api import PURCHASE_ID, Answer, Blueprint, Body
from stars.web.bodies import read_body, read_purchase_id, read_query
from stars.web.callers.keys import current_backend
from stars.web.filters import filters_of
from stars.web.requests import request_id, service

blp = Blueprint(
    "backend",
    __name__,
    url_prefix="/api/v1",
    description="For the shop's own backend, with a server key. Not for browsers.",
)

PURCHASES_QUERY = PurchasesQuery()
FEED_QUERY = FeedQuery()
FULFIL_REQUEST = FulfilRequest()
KEY: list[dict[str, Any]] = [{"serverKey": []}]
MESSAGE = {
    "id": f"evt_{EXAMPLES['event']['event_id']}",
    "type": "purchase.succeeded",
    "timestamp": EXAMPLES["event"]["created_at"],
    "data": EXAMPLES["event"] | {"mode": "mock"},
}
POLL_AFTER = 5
"""Seconds until a reader of the feed who has seen all of it is to look again."""

NEWS_LATER = {
    "Retry-After": {
        "schema": {"type": "integer"},
        "description": "Nothing more is there: seconds to the next look.",
    }
}
TROUBLE = (
    errors.Unauthorized,
    errors.InsufficientScope,
    errors.DatabaseUnavailable,
    errors.Busy,
)


@blp.get("/purchases")
@blp.describe(
    Answer(
        schema=PurchasesAnswer(),
        example={"purchases": [EXAMPLES["purchase"]], "after": None},
    ),
    refuses=(*TROUBLE, errors.InvalidQuery),
    parameters=[{"in": "query", "schema": PURCHASES_QUERY}],
    security=KEY,
)
def list_purchases() -> Response:
    """List purchases, newest first

    Scope `read`. Those of the key's mode that have all of what is asked for. `after` of the answer
    is the `after` of the next request, until it is null.
    """
    caller = current_backend("read")
    asked = read_query(PURCHASES_QUERY)
    limit = asked["limit"]
    filters = filters_of(asked, mode=caller.mode)
    found = search.find_page(service().db, filters, limit=limit + 1, after=asked.get("after"))
    page = found[:limit]
    after = page_key(page[-1]) if len(found) > limit else None
    return respond({"purchases": page, "after": after})


@blp.get("/purchases/<purchase_id>")
@blp.describe(
    Answer(
        schema=PurchaseInFull(),
        example=EXAMPLES["purchase"] | {"events": [EXAMPLES["event"]], "charges": []},
    ),
    refuses=(*TROUBLE, errors.PurchaseNotFound),
    parameters=[PURCHASE_ID],
    security=KEY,
)
def get_purchase(purchase_id: str) -> Response:
    """Look at one purchase, its history and its charges

    Scope `read`. Whoever owns it.
    """
    caller = current_backend("read")
    here = service()
    known_id = read_purchase_id(purchase_id)
    purchase = purchases.get(here.db, purchase_id=known_id, owner=ANYBODY, mode=caller.mode)
    document = {
        **purchase,
        "events": history(here.db, purchase_id=known_id, owner=ANYBODY),
        "charges": here.payments.charges_of(known_id),
    }
    return respond(document)


@blp.post("/purchases/<purchase_id>/refund")
@blp.describe(
    Answer(schema=PurchaseAnswer(), example=EXAMPLES["purchase"] | {"status": "refunded"}),
    refuses=(
        *TROUBLE,
        errors.PurchaseNotFound,
        errors.StarsDisabled,
        errors.LiveOnly,
        errors.NothingToRefund,
        errors.TelegramUnavailable,
    ),
    parameters=[PURCHASE_ID],
    security=KEY,
)
def refund_purchase(purchase_id: str) -> Response:
    """Give the Stars of a live purchase back

    Scope `refund`. Asked again, it is the same one refund. With 503 `telegram_unavailable` it is
    queued, and made as soon as Telegram can.
    """
    current_backend("refund")
    refunded = service().payments.refund(
        purchase_id=read_purchase_id(purchase_id), request_id=request_id()
    )
    return respond(refunded)


@blp.post("/purchases/<purchase_id>/fail")
@blp.describe(
    Answer(schema=PurchaseAnswer(), example=EXAMPLES["purchase"] | {"status": "failed"}),
    refuses=(*TROUBLE, errors.PurchaseNotFound, errors.StarsDisabled, errors.MockOnly),
    parameters=[PURCHASE_ID],
    security=KEY,
)
def fail_purchase(purchase_id: str) -> Response:
    """Mark a mock purchase failed

    Scope `write`. A failed one stays as it is.
    """
    current_backend("write")
    failed = service().payments.mark_failed(
        purchase_id=read_purchase_id(purchase_id), request_id=request_id()
    )
    return respond(failed)


@blp.post("/purchases/<purchase_id>/fulfil")
@blp.describe(
    Answer(
        schema=PurchaseAnswer(),
        example=EXAMPLES["purchase"] | {"fulfilled_at": EXAMPLES["purchase"]["succeeded_at"]},
        headers=REPLAYED,
    ),
    body=Body(schema=FULFIL_REQUEST, example={"reference": "delivery-17"}),
    refuses=(
        *TROUBLE,
        errors.InvalidJson,
        errors.PayloadTooLarge,
        errors.UnsupportedMediaType,
        errors.InvalidPurchasePayload,
        errors.PurchaseNotFound,
        errors.AlreadyFulfilled,
        errors.NotPaid,
    ),
    parameters=[PURCHASE_ID],
    security=KEY,
)
def fulfil_purchase(purchase_id: str) -> Response:
    """Say that you have handed out a purchase

    Scope `write`. Once for each purchase: the same `reference` again gets the same answer, another
    one is refused. From then on the service gives its Stars back to nobody by itself.
    """
    caller = current_backend("write")
    body = read_body(FULFIL_REQUEST)
    transition = fulfilment.fulfil(
        service().db,
        purchase_id=read_purchase_id(purchase_id),
        mode=caller.mode,
        reference=body["reference"],
        request_id=request_id(),
    )
    return respond(transition.purchase, headers=replay_header(transition))


@blp.get("/events")
@blp.describe(
    Answer(
        schema=FeedAnswer(),
        example={"events": [MESSAGE], "after": "2"},
        headers=NEWS_LATER,
    ),
    refuses=(*TROUBLE, errors.InvalidQuery),
    parameters=[{"in": "query", "schema": FEED_QUERY}],
    security=KEY,
)
def read_feed() -> Response:
    """Read the feed: every event once, in an order that never changes

    Scope `read`. This is the source of truth: notifications only say sooner what stands here. Keep
    `after` of each answer with what you have done, and send it next. An answer without
    `Retry-After` has more behind it, also when it shows nothing.
    """
    caller = current_backend("read")
    asked = read_query(FEED_QUERY)
    page = feed.read(
        service().db,
        mode=caller.mode,
        after=int(asked["after"]),
        types=asked.get("types"),
        limit=asked["limit"],
    )
    headers = {"Retry-After": str(POLL_AFTER)} if page.is_last else {}
    return respond({"events": page.messages, "after": str(page.after)}, headers=headers)


def page_key(purchase: Purchase) -> str:
    """Return where a page ends, for the query of the next one."""
    return f"{purchase['created_at']}_{purchase['purchase_id']}"
