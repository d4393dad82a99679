"""What the shop's backend asks for, and what it is answered (section 10 of the contract)."""

from typing import Any

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import OneOf, Regexp

from stars.schemas.answers import EventAnswer, PurchaseAnswer
from stars.schemas.values import (
    NUMBER,
    PURCHASE_TYPES,
    STATUSES,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    TIME_OR_NULL,
    Identifier,
    Moment,
    PageKey,
)

EVENT_TYPES = (
    "purchase.invoice_created",
    "purchase.invoice_reopened",
    "purchase.succeeded",
    "purchase.failed",
    "purchase.payment_refused",
    "purchase.refunded",
    "purchase.fulfilled",
    "purchase.user_forgotten",
    "subscription.started",
    "subscription.renewed",
    "subscription.canceled",
    "subscription.resumed",
    "subscription.payment_failed",
    "subscription.expired",
    "subscription.refunded",
)
"""What can be asked for. Clients ignore what they do not know, so more may come."""

MAX_PAGE = 1000
USUAL_PAGE = 100


class PageSize(fields.Field[int]):
    """How many to answer, as a query says it: 1 to MAX_PAGE."""

    default_error_messages = {"invalid": f"Must be a whole number from 1 to {MAX_PAGE}."}

    def __init__(self) -> None:
        super().__init__(
            load_default=USUAL_PAGE,
            metadata={
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_PAGE,
                "description": "How many at most.",
            },
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_PAGE))):
            raise self.make_error("invalid")
        if not 1 <= int(text) <= MAX_PAGE:
            raise self.make_error("invalid")
        return int(text)


class EventTypes(fields.Field[list[str]]):
    """Types of events, separated by commas."""

    def __init__(self) -> None:
        described = "Only these, separated by commas: " + ", ".join(EVENT_TYPES)
        super().__init__(metadata={"type": "string", "description": described})

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[str]:
        names = [name.strip() for name in str(value).split(",")]
        unknown = sorted(set(names) - set(EVENT_TYPES))
        if unknown:
            raise ValidationError("Must be of: " + ", ".join(EVENT_TYPES))
        return names


class PurchasesQuery(Schema):
    """The query of GET /purchases: what the purchases must have."""

    user_id = Identifier("user_id", "Whose.")
    status = fields.String(validate=OneOf(STATUSES))
    item_id = Identifier("item_id", "Of what.")
    purchase_type = fields.String(validate=OneOf(PURCHASE_TYPES))
    source = Identifier("source", "From where.")
    channel = Identifier("channel", "From where in it.")
    fulfilled = fields.Boolean(
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "Whether the shop has handed it out."},
    )
    since = Moment("Created then or later.")
    until = Moment("Created before.")
    limit = PageSize()
    after = PageKey()


class FeedQuery(Schema):
    """The query of GET /events."""

    after = fields.String(
        load_default="0",
        validate=Regexp(r"\A[0-9]{1,18}\Z", error="Must be what the answer before called after."),
        metadata={"description": "Where the answer before ended; the beginning without it."},
    )
    types = EventTypes()
    limit = PageSize()


class FulfilRequest(Schema):
    """The body of POST /purchases/{id}/fulfil."""

    reference = Identifier("purchase_id", "What the shop calls this handing out.", required=True)


class ChargeAnswer(Schema):
    """What a buyer paid."""

    telegram_payment_charge_id = TEXT
    payer_id = TEXT
    amount = NUMBER
    currency = TEXT
    verdict = TEXT
    recorded_at = TIME
    refunded_at = TIME_OR_NULL


class PurchaseInFull(PurchaseAnswer):
    """A purchase with its history and its charges."""

    events = fields.List(fields.Nested(EventAnswer), required=True)
    charges = fields.List(fields.Nested(ChargeAnswer), required=True)


class PurchasesAnswer(Schema):
    """A page of purchases. `after` leads to the next one; it is null on the last."""

    purchases = fields.List(fields.Nested(PurchaseAnswer), required=True)
    after = TEXT_OR_NULL


class EventOfMode(EventAnswer):
    """An event, with the mode of its purchase."""

    mode = TEXT


class MessageAnswer(Schema):
    """An event as the feed and notifications show it."""

    id = TEXT
    type = TEXT
    timestamp = TIME
    data = fields.Nested(EventOfMode, required=True)


class FeedAnswer(Schema):
    """A part of the feed. `after` is what to send next."""

    events = fields.List(fields.Nested(MessageAnswer), required=True)
    after = TEXT
