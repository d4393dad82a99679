"""/api/v1/mock, in mock mode: outcomes armed in advance, so that a test can have one fail."""

from flask import Response

from stars import errors
from stars.mock import outcomes
from stars.schemas.examples import EXAMPLES
from stars.schemas.mock import ArmedAnswer, OutcomeRequest
from stars.web.answers import respond
from stars.web.api import Answer, Blueprint, Body
from stars.web.bodies import read_body
from stars.web.requests import service

blp = Blueprint(
    "mock", __name__, url_prefix="/api/v1/mock", description="Having mock payments end as you like."
)

OUTCOME_REQUEST = OutcomeRequest()
TROUBLE = (errors.NotFound, errors.DatabaseUnavailable, errors.Busy)
BAD_BODY = (
    errors.InvalidJson,
    errors.PayloadTooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidPurchasePayload,
)


@blp.post("/outcomes")
@blp.describe(
    Answer(status=201, schema=ArmedAnswer(), example=EXAMPLES["armed"]),
    body=Body(schema=OUTCOME_REQUEST, example=EXAMPLES["outcome_request"]),
    refuses=(*TROUBLE, *BAD_BODY),
)
def arm_outcome() -> Response:
    """Arm an outcome for purchases to come

    The next `times` purchases that match all of `match` end so, whoever makes them; an empty
    `match` means any. They take what was armed first. What is completed already takes nothing, nor
    does a request with `X-Mock-Outcome`.
    """
    wanted = read_body(OUTCOME_REQUEST)
    armed = outcomes.arm(
        service().db,
        match=wanted["match"],
        outcome=wanted["outcome"],
        delay=wanted["delay"],
        times=wanted["times"],
    )
    return respond(armed, 201)


@blp.get("/outcomes")
@blp.describe(
    Answer(schema=ArmedAnswer(many=True), example=[EXAMPLES["armed"]]),
    refuses=TROUBLE,
)
def list_outcomes() -> Response:
    """Look at what is armed, in the order in which it will be taken"""
    return respond(outcomes.armed(service().db))


@blp.delete("/outcomes")
@blp.describe(Answer(status=204), refuses=TROUBLE)
def clear_outcomes() -> Response:
    """Clear all that is armed"""
    outcomes.disarm_all(service().db)
    return Response(status=204)


@blp.delete("/outcomes/<int:outcome_id>")
@blp.describe(Answer(status=204), refuses=TROUBLE)
def clear_outcome(outcome_id: int) -> Response:
    """Clear one"""
    outcomes.disarm_one(service().db, outcome_id)
    return Response(status=204)
