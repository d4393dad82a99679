"""/api/v1/mock/subscriptions, in mock mode: a year of a subscription in a minute."""

from typing import Any, cast

from flask import Response

from stars import errors
from stars.mock import subscriptions
from stars.mock.subscriptions import Act
from stars.schemas.examples import EXAMPLES
from stars.schemas.subscriptions import ACTS, SubscriptionAnswer
from stars.schemas.values import IDENTIFIER
from stars.web.answers import respond
from stars.web.api import PURCHASE_ID, Answer, Blueprint
from stars.web.requests import request_id, service

blp = Blueprint(
    "mock_subscriptions",
    __name__,
    url_prefix="/api/v1/mock",
    description="Doing to mock subscriptions what Telegram, their users and the time do.",
)

ACT: dict[str, Any] = {
    "in": "path",
    "name": "act",
    "required": True,
    "schema": {"type": "string", "enum": list(ACTS)},
    "example": "renew",
}


@blp.post("/subscriptions/<purchase_id>/<any(renew, fail, cancel, resume, expire):act>")
@blp.describe(
    Answer(schema=SubscriptionAnswer(), example=EXAMPLES["subscription"] | {"renewals": 1}),
    refuses=(errors.SubscriptionNotFound, errors.DatabaseUnavailable, errors.Busy),
    parameters=[PURCHASE_ID, ACT],
)
def play(purchase_id: str, act: str) -> Response:
    """Renew, fail, cancel, resume or expire a subscription

    `renew` pays for one more period. `fail`: a renewal is not paid. `cancel` and `resume` are what
    its user does in Telegram. `expire` lets it end now.
    """
    if not IDENTIFIER.fullmatch(purchase_id):
        raise errors.SubscriptionNotFound
    played = subscriptions.play(
        service().db, purchase_id=purchase_id, act=cast(Act, act), request_id=request_id()
    )
    return respond(played)
