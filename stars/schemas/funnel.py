"""The funnel of section 3: what is asked of it, and what it answers."""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from stars.schemas.values import NUMBER, NUMBER_OR_NULL, TEXT, TEXT_OR_NULL, TIME, Moment

DIMENSIONS = ["purchase_type", "source", "channel", "day"]


class FunnelQuery(Schema):
    """The query of GET /analytics/funnel."""

    since = Moment("Where the window begins; seven days before its end when left out.")
    until = Moment("Where it ends, itself not part of it; now when left out.")
    by = fields.String(
        validate=OneOf(DIMENSIONS),
        metadata={"description": "What to tell apart.", "example": "source"},
    )


class FunnelFigures(Schema):
    """What became of a number of invoices."""

    created = NUMBER
    completed = NUMBER
    failed = NUMBER
    open = NUMBER
    fulfilled = fields.Integer(
        required=True,
        metadata={"description": "How many of the completed were handed out."},
    )
    stars_sold = fields.Integer(
        required=True,
        metadata={"description": "The price of all that was completed, in Stars."},
    )
    conversion = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "completed / created"},
    )
    p50_ms = NUMBER_OR_NULL
    p90_ms = NUMBER_OR_NULL
    p95_ms = NUMBER_OR_NULL
    fulfilled_p50_ms = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "From the payment to the handing out: half took at most this."},
    )
    fulfilled_p90_ms = NUMBER_OR_NULL


class FunnelTotal(FunnelFigures):
    """The same of the window before, beside it."""

    before = fields.Nested(FunnelFigures, required=True)


class FunnelGroup(FunnelTotal):
    """Those of one group."""

    key = TEXT_OR_NULL


class FunnelStep(Schema):
    """How many purchases took between `from_ms` and `to_ms`."""

    from_ms = NUMBER
    to_ms = NUMBER_OR_NULL
    count = NUMBER
    before = NUMBER


class PeriodAnswer(Schema):
    """One period of a cohort: how many can be in it by now, and how many are or were."""

    number = NUMBER
    possible = NUMBER
    there = NUMBER


class CohortAnswer(Schema):
    """The subscribers who began in one month (UTC)."""

    month = TEXT
    periods = fields.List(fields.Nested(PeriodAnswer), required=True)


class RetentionAnswer(Schema):
    """The subscriptions of a window: `active` at its end, `lost` those that ended in it."""

    active = NUMBER
    begun = NUMBER
    renewed = NUMBER
    canceled = NUMBER
    lost = NUMBER
    cohorts = fields.List(fields.Nested(CohortAnswer), required=True)


class FunnelAnswer(Schema):
    """The whole funnel of a window."""

    mode = TEXT
    since = TIME
    until = TIME
    by = TEXT_OR_NULL
    total = fields.Nested(FunnelTotal, required=True)
    histogram = fields.List(fields.Nested(FunnelStep), required=True)
    groups = fields.List(fields.Nested(FunnelGroup), required=True)
    groups_left_out = NUMBER
    subscriptions = fields.Nested(RetentionAnswer, required=True)
