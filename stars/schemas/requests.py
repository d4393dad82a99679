"""What callers send to the purchase calls, and what the console is asked for."""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from stars.schemas.plain import PlainSchema
from stars.schemas.values import (
    METADATA_BYTES,
    PURCHASE_TYPES,
    STATUSES,
    Identifier,
    Metadata,
    Moment,
    PageKey,
    WholeStars,
    documented,
)


class PurchaseRequest(PlainSchema):
    """The body of POST /purchase. What describes the purchase may be left out once it exists."""

    purchase_id = Identifier(
        "purchase_id", "Made by the client: the idempotency key.", required=True
    )
    item_id = Identifier("item_id", "What is sold.")
    price_stars = WholeStars()
    purchase_type = fields.String(
        validate=OneOf(PURCHASE_TYPES),
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


class ConsoleFilters(Schema):
    """Which purchases the console lists."""

    purchase_id = Identifier("purchase_id", "Just this one.")
    status = fields.String(validate=OneOf(STATUSES))
    user_id = Identifier("user_id", "Whose.")
    item_id = Identifier("item_id", "Of what.")
    purchase_type = fields.String(validate=OneOf(PURCHASE_TYPES))
    source = Identifier("source", "From where.")
    channel = Identifier("channel", "From where in it.")
    fulfilled = fields.Boolean(truthy={"yes"}, falsy={"no"})
    since = Moment("Created then or later.")
    until = Moment("Created before.")
    after = PageKey()
