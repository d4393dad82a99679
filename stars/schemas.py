"""What goes in and out over HTTP: one marshmallow class per request and answer. Knows nothing else of the package."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Range

EXAMPLES: dict[str, Any] = json.loads((Path(__file__).parent / "examples.json").read_text())
TYPES = ("stars_pack", "cosmetic", "boost", "unknown")
STATUSES = ("pending", "succeeded", "failed", "refunded")
IDENTIFIER = re.compile(r"[A-Za-z0-9._:-]{1,64}")
METADATA_BYTES = 4096
METADATA_DEPTH = 32  # levels: far more than anybody means, far fewer than any parser downstream falls over


def documented(name: str, description: str, **more: Any) -> dict[str, Any]:
    """What OpenAPI shows of a request's field."""
    return {"description": description, "example": EXAMPLES["purchase"][name], **more}


class Identifier(fields.String):
    """1-64 of A-Za-z0-9._:- and nothing else: not even a newline at the end, which `$` would let through."""

    default_error_messages = {"pattern": "Must be 1-64 of A-Z a-z 0-9 . _ : -"}

    def __init__(self, name: str, description: str, **kwargs: Any) -> None:
        pattern = {"pattern": f"^{IDENTIFIER.pattern}$", "minLength": 1, "maxLength": 64}
        super().__init__(metadata=documented(name, description, **pattern), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if not IDENTIFIER.fullmatch(value):
            raise self.make_error("pattern")
        return value


class Whole(fields.Integer):
    """An integer by value: 100 and 100.0 are the same JSON number (G4); "100" and true are not numbers."""

    def __init__(self, least: int, most: int, metadata: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(validate=Range(least, most), metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1:
            raise self.make_error("invalid")
        return int(value)


class WholeStars(Whole):
    """A price."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 100_000, documented("price_stars", "Whole Stars."), **kwargs)


class Seconds(fields.Float):
    """A number of seconds, kept to the millisecond; "3" and true are none."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # NaN is within any range
            raise self.make_error("invalid")
        return round(float(value), 3)


NO_NUL = {"pattern": "^[^\\u0000]*$"}
COMPONENTS = {
    "MetadataObject": {
        "type": "object", "propertyNames": NO_NUL,
        "additionalProperties": {"$ref": "#/components/schemas/MetadataValue"},
    },
    "MetadataValue": {"anyOf": [
        {"type": ["null", "boolean", "number"]}, {"type": "string", **NO_NUL},
        {"type": "array", "items": {"$ref": "#/components/schemas/MetadataValue"}},
        {"$ref": "#/components/schemas/MetadataObject"},
    ]},
}


class Metadata(fields.Dict):
    """Any JSON object of at most METADATA_BYTES when written compactly, that PostgreSQL can search in."""

    default_error_messages = {
        "size": f"Must be at most {METADATA_BYTES} bytes as compact JSON.",
        "depth": f"Must be nested at most {METADATA_DEPTH} levels deep.",
        "text": "Must hold no NUL and no half of a surrogate pair.",
    }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super()._deserialize(value, *args, **kwargs)  # type: ignore[no-untyped-call]
        self._check(found, METADATA_DEPTH)
        if len(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()) > METADATA_BYTES:
            raise self.make_error("size")
        return found

    def _check(self, value: Any, levels: int) -> None:
        if isinstance(value, str):
            if re.search("[\0\ud800-\udfff]", value):
                raise self.make_error("text")
        elif isinstance(value, dict | list):
            if levels == 0:
                raise self.make_error("depth")
            for inner in [*value, *value.values()] if isinstance(value, dict) else value:
                self._check(inner, levels - 1)


class PurchaseRequest(Schema):
    """The body of POST /purchase. What describes the purchase may be left out once it exists."""

    purchase_id = Identifier("purchase_id", "Made by the client: the idempotency key.", required=True)
    item_id = Identifier("item_id", "What is sold.")
    price_stars = WholeStars()
    purchase_type = fields.String(
        validate=OneOf(TYPES),
        metadata=documented("purchase_type", "`unknown` when the first call leaves it out."),
    )
    source = Identifier("source", "Where the sale came from, for the analytics.")
    channel = Identifier("channel", "Where in the source, for the analytics.")
    metadata = Metadata(metadata=documented(
        "metadata", f"Anything of your own, at most {METADATA_BYTES} bytes as compact JSON.",
        allOf=[{"$ref": "#/components/schemas/MetadataObject"}],
    ))


class InvoiceRequest(PurchaseRequest):
    """The body of POST /purchase/invoice."""

    item_id = Identifier("item_id", "What is sold.", required=True)
    price_stars = WholeStars(required=True)


class Moment(fields.String):
    """A day (where it begins) or a moment, as RFC 3339 has them; of UTC unless it says otherwise."""

    default_error_messages = {"moment": "Must be a day like 2026-01-31, or a moment like 2026-01-31T12:00:00Z."}
    PATTERN = re.compile(r"2\d{3}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)

    def __init__(self, description: str) -> None:
        super().__init__(metadata={
            "description": description, "example": "2026-01-31", "pattern": f"^{self.PATTERN.pattern}$"})

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = str(value).replace(" ", "+")  # a plus that nobody escaped
        try:
            found = datetime.fromisoformat(text) if self.PATTERN.fullmatch(text) else None
        except ValueError:  # a 31st of February
            found = None
        if found is None:
            raise self.make_error("moment")
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


DIMENSIONS = ["purchase_type", "source", "channel", "day"]


class FunnelQuery(Schema):
    """The query of GET /analytics/funnel."""

    since = Moment("Where the window begins; seven days before its end when left out.")
    until = Moment("Where it ends, itself not part of it; now when left out.")
    by = fields.String(validate=OneOf(DIMENSIONS), metadata={"description": "What to tell apart.", "example": "source"})


class PageKey(fields.Field[tuple[datetime, str]]):
    """Where a page ended: created_at and purchase_id of its last purchase."""

    default_error_messages = {"invalid": "Must be what the link to the next page has."}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> tuple[datetime, str]:
        created_at, _, purchase_id = str(value).partition("_")
        if not IDENTIFIER.fullmatch(purchase_id):
            raise self.make_error("invalid")
        return cast(datetime, Moment("").deserialize(created_at)), purchase_id


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
    delay = Seconds(load_default=0, validate=Range(0, MAX_DELAY), metadata={"description": "Seconds to wait before."})
    times = Whole(1, 100_000, {"description": "How many purchases take it."}, load_default=1)


def shown(most: int) -> Callable[[str], None]:
    """A validator of text that Telegram shows: 1 to `most` characters, counted strictly, as UTF-16 has them."""

    def check(text: str) -> None:
        if not text.strip() or not text.replace("\n", "").isprintable():
            raise ValidationError("Must be something that can be shown.")
        if len(text.encode("utf-16-le")) > 2 * most:
            raise ValidationError(f"Must be at most {most} characters; an emoji may count as two and more.")

    return check


class Item(Schema):
    """What is for sale, as `flask items import` reads it and Telegram limits it.

    https://core.telegram.org/bots/api#createinvoicelink
    """

    item_id = Identifier("item_id", "What is sold.", required=True)
    title = fields.String(required=True, validate=shown(32))
    description = fields.String(required=True, validate=shown(255))
    price_stars = WholeStars(required=True)
    purchase_type = fields.String(validate=OneOf(TYPES), load_default="unknown")
    photo_url = fields.Url(schemes={"http", "https"}, validate=Length(max=1024), load_default=None, allow_none=True)
    active = fields.Boolean(truthy={True}, falsy={False}, load_default=True)


TEXT = fields.String(required=True)
TEXT_OR_NULL = fields.String(required=True, allow_none=True)
NUMBER = fields.Integer(required=True)
OBJECT = fields.Dict(required=True)
STATUS = fields.String(required=True, validate=OneOf(STATUSES))
TIME = fields.String(required=True, metadata={"format": "date-time"})  # RFC 3339 in UTC, as PostgreSQL writes it
TIME_OR_NULL = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})

# What is answered: sections 3, 4, 7 and 5 of the contract. The pay_url is null for a purchase without an invoice.
InvoiceAnswer = Schema.from_dict(
    {"purchase_id": TEXT, "status": STATUS, "pay_url": TEXT_OR_NULL}, name="InvoiceAnswer"
)
PurchaseAnswer = Schema.from_dict({
    "purchase_id": TEXT, "user_id": TEXT, "item_id": TEXT, "price_stars": NUMBER, "purchase_type": TEXT,
    "status": STATUS, "mode": TEXT, "source": TEXT_OR_NULL, "channel": TEXT_OR_NULL, "metadata": OBJECT,
    "created_at": TIME, "invoiced_at": TIME_OR_NULL, "succeeded_at": TIME_OR_NULL, "failed_at": TIME_OR_NULL,
    "pay_url": TEXT_OR_NULL,
}, name="PurchaseAnswer")
EventAnswer = Schema.from_dict({
    "event_id": NUMBER, "purchase_id": TEXT, "version": NUMBER, "event_type": TEXT, "payload": OBJECT,
    "user_id": TEXT, "request_id": TEXT, "created_at": TIME,
}, name="EventAnswer")
ArmedAnswer = Schema.from_dict({
    "outcome_id": NUMBER, "match": OBJECT, "outcome": TEXT, "delay": fields.Float(required=True), "times": NUMBER,
    "taken": NUMBER, "created_at": TIME,
}, name="ArmedAnswer")
WebhookAnswer = Schema.from_dict({
    "status": fields.String(), "method": fields.String(), "pre_checkout_query_id": fields.String(), "ok": fields.Boolean(),
    "error_message": fields.String(),
}, name="WebhookAnswer")
NUMBER_OR_NULL = fields.Integer(required=True, allow_none=True)
FIGURES: dict[str, fields.Field[Any]] = {
    "created": NUMBER, "completed": NUMBER, "failed": NUMBER, "open": NUMBER,
    "conversion": fields.Float(required=True, allow_none=True, metadata={"description": "completed / created"}),
    "p50_ms": NUMBER_OR_NULL, "p90_ms": NUMBER_OR_NULL, "p95_ms": NUMBER_OR_NULL,
}
FunnelFigures = Schema.from_dict(FIGURES, name="FunnelFigures")
COMPARED: dict[str, fields.Field[Any]] = FIGURES | {"before": fields.Nested(FunnelFigures, required=True)}
FunnelTotal = Schema.from_dict(COMPARED, name="FunnelTotal")
FunnelGroup = Schema.from_dict({"key": TEXT_OR_NULL, **COMPARED}, name="FunnelGroup")
FunnelStep = Schema.from_dict(
    {"from_ms": NUMBER, "to_ms": NUMBER_OR_NULL, "count": NUMBER, "before": NUMBER}, name="FunnelStep"
)
FunnelAnswer = Schema.from_dict({
    "mode": TEXT, "since": TIME, "until": TIME, "by": TEXT_OR_NULL, "total": fields.Nested(FunnelTotal, required=True),
    "histogram": fields.List(fields.Nested(FunnelStep), required=True),
    "groups": fields.List(fields.Nested(FunnelGroup), required=True), "groups_left_out": NUMBER,
}, name="FunnelAnswer")
StatusAnswer = Schema.from_dict({"status": TEXT}, name="StatusAnswer")
Problem = Schema.from_dict({
    "error": TEXT, "title": TEXT, "status": NUMBER, "detail": TEXT, "request_id": TEXT,
    "errors": fields.Dict(keys=fields.String(), values=fields.List(fields.String())),
    "mismatched": fields.List(fields.String()),
}, name="Problem")
