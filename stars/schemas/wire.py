"""What goes in and out over HTTP: one marshmallow class per request and answer, made of stars.values."""

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from stars.schemas.values import (
    METADATA_BYTES,
    Identifier,
    Metadata,
    Moment,
    PageKey,
    Seconds,
    Whole,
    WholeStars,
    documented,
    shown,
)

TYPES = ("stars_pack", "cosmetic", "boost", "unknown")
STATUSES = ("pending", "succeeded", "failed", "refunded")


class PurchaseRequest(Schema):
    """The body of POST /purchase. What describes the purchase may be left out once it exists."""

    purchase_id = Identifier(
        "purchase_id", "Made by the client: the idempotency key.", required=True
    )
    item_id = Identifier("item_id", "What is sold.")
    price_stars = WholeStars()
    purchase_type = fields.String(
        validate=OneOf(TYPES),
        metadata=documented("purchase_type", "`unknown` when the first call leaves it out."),
    )
    source = Identifier("source", "Where the sale came from, for the analytics.")
    channel = Identifier("channel", "Where in the source, for the analytics.")
    metadata = Metadata(
        metadata=documented(
            "metadata",
            f"Anything of your own, at most {METADATA_BYTES} bytes as compact JSON.",
            allOf=[{"$ref": "#/components/schemas/MetadataObject"}],
        )
    )


class InvoiceRequest(PurchaseRequest):
    """The body of POST /purchase/invoice."""

    item_id = Identifier("item_id", "What is sold.", required=True)
    price_stars = WholeStars(required=True)


DIMENSIONS = ["purchase_type", "source", "channel", "day"]


class FunnelQuery(Schema):
    """The query of GET /analytics/funnel."""

    since = Moment("Where the window begins; seven days before its end when left out.")
    until = Moment("Where it ends, itself not part of it; now when left out.")
    by = fields.String(
        validate=OneOf(DIMENSIONS),
        metadata={"description": "What to tell apart.", "example": "source"},
    )


class ConsoleFilters(Schema):
    """Which purchases the console lists."""

    purchase_id = Identifier("purchase_id", "Just this one.")
    status = fields.String(validate=OneOf(STATUSES))
    user_id = Identifier("user_id", "Whose.")
    purchase_type = fields.String(validate=OneOf(TYPES))
    source = Identifier("source", "From where.")
    channel = Identifier("channel", "From where in it.")
    since = Moment("Created then or later.")
    until = Moment("Created before.")
    after = PageKey()


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


class Item(Schema):
    """What is for sale, as `flask items import` reads it and Telegram limits it.

    https://core.telegram.org/bots/api#createinvoicelink
    """

    item_id = Identifier("item_id", "What is sold.", required=True)
    title = fields.String(required=True, validate=shown(32))
    description = fields.String(required=True, validate=shown(255))
    price_stars = WholeStars(required=True)
    purchase_type = fields.String(validate=OneOf(TYPES), load_default="unknown")
    photo_url = fields.Url(
        schemes={"http", "https"}, validate=Length(max=1024), load_default=None, allow_none=True
    )
    active = fields.Boolean(truthy={True}, falsy={False}, load_default=True)


TEXT = fields.String(required=True)
TEXT_OR_NULL = fields.String(required=True, allow_none=True)
NUMBER = fields.Integer(required=True)
OBJECT = fields.Dict(required=True)
STATUS = fields.String(required=True, validate=OneOf(STATUSES))
TIME = fields.String(
    required=True, metadata={"format": "date-time"}
)  # RFC 3339 in UTC, as PostgreSQL writes it
TIME_OR_NULL = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})

# What is answered: sections 3, 4, 7 and 5 of the contract. The pay_url is null for a purchase without an invoice.
InvoiceAnswer = Schema.from_dict(
    {"purchase_id": TEXT, "status": STATUS, "pay_url": TEXT_OR_NULL}, name="InvoiceAnswer"
)
PurchaseAnswer = Schema.from_dict(
    {
        "purchase_id": TEXT,
        "user_id": TEXT,
        "item_id": TEXT,
        "price_stars": NUMBER,
        "purchase_type": TEXT,
        "status": STATUS,
        "mode": TEXT,
        "source": TEXT_OR_NULL,
        "channel": TEXT_OR_NULL,
        "metadata": OBJECT,
        "created_at": TIME,
        "invoiced_at": TIME_OR_NULL,
        "succeeded_at": TIME_OR_NULL,
        "failed_at": TIME_OR_NULL,
        "pay_url": TEXT_OR_NULL,
    },
    name="PurchaseAnswer",
)
EventAnswer = Schema.from_dict(
    {
        "event_id": NUMBER,
        "purchase_id": TEXT,
        "version": NUMBER,
        "event_type": TEXT,
        "payload": OBJECT,
        "user_id": TEXT,
        "request_id": TEXT,
        "created_at": TIME,
    },
    name="EventAnswer",
)
ArmedAnswer = Schema.from_dict(
    {
        "outcome_id": NUMBER,
        "match": OBJECT,
        "outcome": TEXT,
        "delay": fields.Float(required=True),
        "times": NUMBER,
        "taken": NUMBER,
        "created_at": TIME,
    },
    name="ArmedAnswer",
)
WebhookAnswer = Schema.from_dict(
    {
        "status": fields.String(),
        "method": fields.String(),
        "pre_checkout_query_id": fields.String(),
        "ok": fields.Boolean(),
        "error_message": fields.String(),
    },
    name="WebhookAnswer",
)
NUMBER_OR_NULL = fields.Integer(required=True, allow_none=True)
FIGURES: dict[str, fields.Field[Any]] = {
    "created": NUMBER,
    "completed": NUMBER,
    "failed": NUMBER,
    "open": NUMBER,
    "conversion": fields.Float(
        required=True, allow_none=True, metadata={"description": "completed / created"}
    ),
    "p50_ms": NUMBER_OR_NULL,
    "p90_ms": NUMBER_OR_NULL,
    "p95_ms": NUMBER_OR_NULL,
}
FunnelFigures = Schema.from_dict(FIGURES, name="FunnelFigures")
COMPARED: dict[str, fields.Field[Any]] = FIGURES | {
    "before": fields.Nested(FunnelFigures, required=True)
}
FunnelTotal = Schema.from_dict(COMPARED, name="FunnelTotal")
FunnelGroup = Schema.from_dict({"key": TEXT_OR_NULL, **COMPARED}, name="FunnelGroup")
FunnelStep = Schema.from_dict(
    {"from_ms": NUMBER, "to_ms": NUMBER_OR_NULL, "count": NUMBER, "before": NUMBER},
    name="FunnelStep",
)
FunnelAnswer = Schema.from_dict(
    {
        "mode": TEXT,
        "since": TIME,
        "until": TIME,
        "by": TEXT_OR_NULL,
        "total": fields.Nested(FunnelTotal, required=True),
        "histogram": fields.List(fields.Nested(FunnelStep), required=True),
        "groups": fields.List(fields.Nested(FunnelGroup), required=True),
        "groups_left_out": NUMBER,
    },
    name="FunnelAnswer",
)
StatusAnswer = Schema.from_dict({"status": TEXT}, name="StatusAnswer")
Problem = Schema.from_dict(
    {
        "error": TEXT,
        "title": TEXT,
        "status": NUMBER,
        "detail": TEXT,
        "request_id": TEXT,
        "errors": fields.Dict(keys=fields.String(), values=fields.List(fields.String())),
        "mismatched": fields.List(fields.String()),
    },
    name="Problem",
)
