"""/api/v1/items: what is for sale, for front ends."""

from hashlib import sha256

from flask import Response, request

from stars import errors
from stars.domain import items
from stars.domain.items import Item
from stars.schemas.answers import ItemsAnswer
from stars.schemas.examples import EXAMPLES
from stars.web.answers import respond
from stars.web.api import Answer, Blueprint
from stars.web.requests import service

blp = Blueprint("items", __name__, url_prefix="/api/v1", description="What is for sale.")

MAX_AGE = 60
"""Seconds: a price that has changed is refused by the invoice, so a minute does no harm."""

CACHED = {
    "ETag": {"schema": {"type": "string"}, "description": "Of this very list."},
    "Cache-Control": {"schema": {"type": "string"}, "description": f"For {MAX_AGE} s."},
}


@blp.get("/items")
@blp.describe(
    Answer(schema=ItemsAnswer(), example={"items": [EXAMPLES["item"]]}, headers=CACHED),
    Answer(status=304, description="As If-None-Match says, it is still the same list."),
    refuses=(errors.DatabaseUnavailable, errors.Busy),
)
def list_items() -> Response:
    """List what is for sale

    Needs no identity. Without a catalogue the list is empty, and the mock sells anything.
    """
    shown = [show(item) for item in items.for_sale(service().db)]
    answer = respond({"items": shown})
    answer.set_etag(sha256(answer.get_data()).hexdigest()[:32])
    answer.cache_control.public = True
    answer.cache_control.max_age = MAX_AGE
    answer.make_conditional(request)
    return answer


def show(item: Item) -> dict[str, object]:
    """Return an item as front ends see it."""
    return {
        "item_id": item["item_id"],
        "title": item["title"],
        "description": item["description"],
        "price_stars": item["price_stars"],
        "purchase_type": item["purchase_type"],
        "subscription_period": item["subscription_period"],
        "photo_url": item["photo_url"],
    }
