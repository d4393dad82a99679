"""/api/v1/purchase/webhook: what Telegram calls."""

from typing import Any

from flask import Response, request

from stars import errors, logs
from stars.live import payments
from stars.schemas import wire as schemas
from stars.web import callers
from stars.web.http import Blueprint, respond, service
from stars.web.pages import TEXTS

blp = Blueprint(
    "webhook", __name__, url_prefix="/api/v1/purchase", description="Called by Telegram."
)

MAX_UPDATE_BYTES = (
    1024 * 1024
)  # a long message that answers a long message is over the 64 KiB that others may send
INLINE = {"method": "answerPreCheckoutQuery", "pre_checkout_query_id": "1234567890", "ok": True}


@blp.route("/webhook", methods=["POST"])
@blp.response(
    202,
    schemas.StatusAnswer(),
    example={"status": "accepted"},
    description="Mock mode: nothing was done.",
)
@blp.alt_response(
    200,
    schema=schemas.WebhookAnswer(),
    example=INLINE,
    success=True,
    description="Live mode: the update is kept and handled. The answer to a pre_checkout_query is in it; "
    'to anything else it is `{"status": "accepted"}`.',
)
@blp.refuses(
    errors.StarsDisabled,
    errors.Unauthorized,
    errors.InvalidJson,
    errors.PayloadTooLarge,
    errors.DatabaseUnavailable,
    errors.Busy,
)
def accept_update() -> Response:
    """Telegram's webhook

    In live mode only this completes a purchase, and only with the secret that Telegram alone was told. The mock takes
    every update and does nothing with it: its purchases are completed by POST /purchase.
    """
    here = service()
    if here.settings.mode == "mock":
        return respond({"status": "accepted"}, 202)
    if here.settings.mode == "off":
        raise errors.StarsDisabled
    callers.admit_telegram(here.settings, request.headers)
    request.max_content_length = MAX_UPDATE_BYTES
    try:
        body = request.get_data(cache=False).decode()
        update = payments.parse_update(body)
    except ValueError:
        raise errors.InvalidJson from None
    told = {"update": update, "body": body, "request_id": logs.request_id.get() or ""}
    if isinstance(update, dict) and "pre_checkout_query" in update:
        try:
            decision = payments.decide_pre_checkout(here.db, here.telegram.bot_id, **told)
        except (errors.DatabaseUnavailable, errors.Busy):
            decision = "unavailable"  # a no that the buyer can read, where waiting would cancel the sale without a word
        return respond(answer_inline(update["pre_checkout_query"], decision))
    # What fails here is answered with 5xx, and Telegram sends it again.
    payments.take_update(here.db, here.telegram.bot_id, **told)
    return respond({"status": "accepted"})


def answer_inline(query: Any, decision: str) -> dict[str, Any]:
    """The call that answers a pre-checkout query, as the body of our answer to the update.

    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """
    query = query if isinstance(query, dict) else {}
    answer = {
        "method": "answerPreCheckoutQuery",
        "pre_checkout_query_id": query.get("id"),
        "ok": decision == "approved",
    }
    if decision == "approved":
        return answer
    sender = query.get("from")
    language = str(sender.get("language_code")) if isinstance(sender, dict) else ""
    reasons = TEXTS["ru" if language.startswith("ru") else "en"]["declined"]
    return answer | {"error_message": reasons.get(decision, reasons["other"])}
