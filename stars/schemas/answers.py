"""What is answered: sections 3, 4, 5 and 7 of the contract. Only for the documentation.

Answers are built by the domain. The test of G25 proves that they fit these classes.
"""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from stars.schemas.values import (
    NUMBER,
    NUMBER_OR_NULL,
    OBJECT,
    STATUSES,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    TIME_OR_NULL,
)

STATUS = fields.String(required=True, validate=OneOf(STATUSES))


class InvoiceAnswer(Schema):
    """What a front end needs to have an invoice paid. Without an invoice there is no pay_url."""

    purchase_id = TEXT
    status = STATUS
    pay_url = TEXT_OR_NULL


class PurchaseAnswer(Schema):
    """A whole purchase (section 4)."""

    purchase_id = TEXT
    user_id = TEXT
    item_id = TEXT
    price_stars = NUMBER
    purchase_type = TEXT
    subscription_period = NUMBER_OR_NULL
    status = STATUS
    mode = TEXT
    source = TEXT_OR_NULL
    channel = TEXT_OR_NULL
    metadata = OBJECT
    created_at = TIME
    invoiced_at = TIME_OR_NULL
    succeeded_at = TIME_OR_NULL
    failed_at = TIME_OR_NULL
    fulfilled_at = TIME_OR_NULL
    pay_url = TEXT_OR_NULL


class EventAnswer(Schema):
    """One entry of a purchase's history (section 7)."""

    event_id = NUMBER
    purchase_id = TEXT
    version = NUMBER
    event_type = TEXT
    payload = OBJECT
    user_id = TEXT
    request_id = TEXT
    created_at = TIME


class ItemAnswer(Schema):
    """One item that is for sale."""

    item_id = TEXT
    title = TEXT
    description = TEXT
    price_stars = NUMBER
    purchase_type = TEXT
    subscription_period = NUMBER_OR_NULL
    photo_url = TEXT_OR_NULL


class ItemsAnswer(Schema):
    """All items that are for sale."""

    items = fields.List(fields.Nested(ItemAnswer), required=True)


class WebhookAnswer(Schema):
    """What Telegram is answered: `status`, or the call that answers a query or a question."""

    status = fields.String()
    method = fields.String()
    pre_checkout_query_id = fields.String()
    ok = fields.Boolean()
    error_message = fields.String()
    chat_id = fields.Integer()
    text = fields.String()


class StatusAnswer(Schema):
    """A word."""

    status = TEXT


class Problem(Schema):
    """A refusal, as RFC 9457 has it (section 5)."""

    error = TEXT
    title = TEXT
    status = NUMBER
    detail = TEXT
    request_id = TEXT
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    mismatched = fields.List(fields.String())
