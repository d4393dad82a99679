"""What the console sends about endpoints and deliveries."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from stars.schemas.backend import EVENT_TYPES
from stars.schemas.values import Moment

MAX_NUMBER = 2**63 - 1
"""What PostgreSQL's bigint holds."""


class EndpointForm(Schema):
    """A new endpoint. Without types it is told everything."""

    url = fields.String(required=True, validate=Length(min=1, error="Say where to send."))
    types = fields.List(fields.String(validate=OneOf(EVENT_TYPES)), load_default=[])


class DeliveriesQuery(Schema):
    """Which part of the log is looked at."""

    state = fields.String()
    before = fields.Integer(validate=Range(1, MAX_NUMBER))


class ResendSince(Schema):
    """From when on an endpoint is told everything again."""

    since = Moment("Made then or later.")


class ResendOne(Schema):
    """Which delivery is sent again."""

    delivery = fields.Integer(required=True, validate=Range(1, MAX_NUMBER))
