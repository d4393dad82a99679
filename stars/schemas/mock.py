"""How a mock payment is to end: what is sent to say so, and what is answered."""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf, Range

from stars.schemas.values import NUMBER, OBJECT, TEXT, TIME, Identifier, Seconds, Whole

OUTCOMES = ("paid", "failed", "pending", "lost")
MAX_DELAY = 10  # seconds: a third of the time after which a router gives up


class MockHeaders(Schema):
    """How a mock payment is to end, said with the request that makes it."""

    outcome = fields.String(data_key="X-Mock-Outcome", validate=OneOf(OUTCOMES))
    delay = fields.Float(data_key="X-Mock-Delay", validate=Range(0, MAX_DELAY))


class OutcomeMatch(Schema):
    """Which purchases an outcome is armed for: those that have all of this."""

    user_id = Identifier("user_id", "Whose.")
    item_id = Identifier("item_id", "Of what.")
    purchase_id = Identifier("purchase_id", "Which one.")


class OutcomeRequest(Schema):
    """The body of POST /mock/outcomes."""

    match = fields.Nested(OutcomeMatch(), required=True)
    outcome = fields.String(required=True, validate=OneOf(OUTCOMES))
    delay = Seconds(
        load_default=0,
        validate=Range(0, MAX_DELAY),
        metadata={"description": "Seconds to wait before."},
    )
    times = Whole(1, 100_000, {"description": "How many purchases take it."}, load_default=1)


class ArmedAnswer(Schema):
    """An outcome that is armed. `delay` is in seconds."""

    outcome_id = NUMBER
    match = OBJECT
    outcome = TEXT
    delay = fields.Float(required=True)
    times = NUMBER
    taken = NUMBER
    created_at = TIME
