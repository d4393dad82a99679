"""/api/v1/telegram/updates: what a bot relays that keeps its own webhook, or polls."""

from typing import Any

from flask import Response, request

from stars import errors
from stars.schemas.answers import WebhookAnswer
from stars.web.answers import respond
from stars.web.api import Answer, Blueprint
from stars.web.callers.keys import current_backend
from stars.web.requests import MAX_UPDATE_BYTES, request_id, service

blp = Blueprint(
    "relay",
    __name__,
    url_prefix="/api/v1/telegram",
    description="For the shop's own bot, with a server key.",
)

KEY: list[dict[str, Any]] = [{"serverKey": []}]
CALL = {
    "method": "answerPreCheckoutQuery",
    "pre_checkout_query_id": "1234567890",
    "ok": True,
}


@blp.post("/updates")
@blp.describe(
    Answer(
        schema=WebhookAnswer(),
        example=CALL,
        description="The bot is to make this call: it answers the update.",
    ),
    Answer(
        status=204,
        description="There is nothing to call. What is not ours is the bot's to answer.",
    ),
    refuses=(
        errors.Unauthorized,
        errors.InsufficientScope,
        errors.InvalidJson,
        errors.PayloadTooLarge,
        errors.DatabaseUnavailable,
        errors.Busy,
    ),
    security=KEY,
)
def take_update() -> Response:
    """Relay an update of Telegram's

    Scope `write`. For a bot that keeps its own webhook, or polls. The body is one update, as
    Telegram sent it. Relaying it again is safe.
    """
    current_backend("write")
    request.max_content_length = MAX_UPDATE_BYTES
    call = service().payments.take_relayed(
        body=request.get_data(cache=False), request_id=request_id()
    )
    if call is None:
        return Response(status=204)
    return respond(call)
