"""/api/v1/purchase/webhook: what Telegram calls."""

from flask import Response

from stars import errors, schemas
from stars.http import Blueprint, respond, service

blp = Blueprint("webhook", __name__, url_prefix="/api/v1/purchase", description="Called by Telegram.")


@blp.route("/webhook", methods=["POST"])
@blp.response(202, schemas.StatusAnswer(), example={"status": "accepted"})
@blp.refuses(errors.StarsDisabled, errors.LivePaymentsUnavailable)
def accept_update() -> Response:
    """Telegram's webhook

    The mock takes every update and does nothing with it: its purchases are completed by POST /purchase.
    """
    match service().settings.mode:
        case "mock":
            return respond({"status": "accepted"}, 202)
        case "live":
            raise errors.LivePaymentsUnavailable
        case _:
            raise errors.StarsDisabled
