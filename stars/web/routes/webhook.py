"""/api/v1/purchase/webhook: what Telegram calls."""

from flask import Response, request

from stars import errors
from stars.schemas.answers import StatusAnswer, WebhookAnswer
from stars.web.answers import respond
from stars.web.api import Answer, Blueprint
from stars.web.requests import MAX_UPDATE_BYTES, request_id, service

blp = Blueprint(
    "webhook", __name__, url_prefix="/api/v1/purchase", description="Called by Telegram."
)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
INLINE_ANSWER = {
    "method": "answerPreCheckoutQuery",
    "pre_checkout_query_id": "1234567890",
    "ok": True,
}


@blp.post("/webhook")
@blp.describe(
    Answer(
        status=202,
        schema=StatusAnswer(),
        example={"status": "accepted"},
        description="Mock mode, or payments switched off: nothing was done.",
    ),
    Answer(
        status=200,
        schema=WebhookAnswer(),
        example=INLINE_ANSWER,
        description="Live mode: the update is kept and handled. The answer to a "
        "pre_checkout_query is in it, our own or that of the shop's own bot, and the answer to "
        '/paysupport, /terms and /privacy; to anything else it is `{"status": "accepted"}`.',
    ),
    refuses=(
        errors.Unauthorized,
        errors.InvalidJson,
        errors.PayloadTooLarge,
        errors.DatabaseUnavailable,
        errors.Busy,
    ),
)
def accept_update() -> Response:
    """Telegram's webhook

    In live mode only this completes a purchase, and only with the secret that Telegram alone was
    told. The mock takes every update and does nothing with it: its purchases are completed by
    POST /purchase. So does a service whose payments are switched off.
    """
    request.max_content_length = MAX_UPDATE_BYTES
    answer = service().payments.accept_update(
        secret=request.headers.get(SECRET_HEADER, ""),
        body=request.get_data(cache=False),
        request_id=request_id(),
    )
    if answer.theirs is not None:
        theirs = answer.theirs
        return Response(theirs.body, answer.status, content_type=theirs.content_type)
    return respond(answer.document, answer.status)
