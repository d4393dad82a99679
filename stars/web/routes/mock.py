"""/api/v1/mock: outcomes armed in advance, so that a test can have a payment fail. There is nothing here in other modes."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response

from stars import errors
from stars.mock import outcomes as mock
from stars.schemas import values
from stars.schemas import wire as schemas
from stars.web.http import Blueprint, respond, service

blp = Blueprint(
    "mock", __name__, url_prefix="/api/v1/mock", description="Having mock payments end as you like."
)

EXAMPLES = values.EXAMPLES
TROUBLE = (errors.NotFound, errors.DatabaseUnavailable, errors.Busy)
BAD_BODY = (
    errors.InvalidJson,
    errors.PayloadTooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidPurchasePayload,
)


def in_mock_mode(view: Callable[..., Any]) -> Callable[..., Any]:
    """Make the view one that exists in mock mode alone."""

    @wraps(view)
    def gated(*args: Any, **kwargs: Any) -> Any:
        if service().settings.mode != "mock":
            raise errors.NotFound
        return view(*args, **kwargs)

    return gated


@blp.route("/outcomes", methods=["POST"])
@in_mock_mode
@blp.arguments(schemas.OutcomeRequest(), example=EXAMPLES["outcome_request"])
@blp.response(201, schemas.ArmedAnswer(), example=EXAMPLES["armed"])
@blp.refuses(*TROUBLE, *BAD_BODY)
def arm_outcome(body: dict[str, Any]) -> Response:
    """Arm an outcome for purchases to come

    The next `times` purchases that match all of `match` end so, whoever makes them; an empty `match` means any. They
    take what was armed first. What is completed already takes nothing, nor does a request with `X-Mock-Outcome`.
    """
    return respond(mock.arm(service().db, **body), 201)


@blp.route("/outcomes")
@in_mock_mode
@blp.response(200, schemas.ArmedAnswer(many=True), example=[EXAMPLES["armed"]])
@blp.refuses(*TROUBLE)
def list_outcomes() -> Response:
    """Look at what is armed, in the order in which it will be taken"""
    return respond(mock.armed(service().db))


@blp.route("/outcomes", methods=["DELETE"])
@in_mock_mode
@blp.response(204)
@blp.refuses(*TROUBLE)
def clear_outcomes() -> Response:
    """Clear all that is armed"""
    mock.disarm_all(service().db)
    return Response(status=204)


@blp.route("/outcomes/<int:outcome_id>", methods=["DELETE"])
@in_mock_mode
@blp.response(204)
@blp.refuses(*TROUBLE)
def clear_outcome(outcome_id: int) -> Response:
    """Clear one"""
    mock.disarm_one(service().db, outcome_id)
    return Response(status=204)
