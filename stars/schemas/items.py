"""What is for sale, as the catalogue is imported."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from stars.schemas.values import PURCHASE_TYPES, Identifier, WholeStars, shown


class Item(Schema):
    """One item, as `flask items import` reads it and Telegram limits it.

    https://core.telegram.org/bots/api#createinvoicelink
    """

    item_id = Identifier("item_id", "What is sold.", required=True)
    title = fields.String(required=True, validate=shown(32))
    description = fields.String(required=True, validate=shown(255))
    price_stars = WholeStars(required=True)
    purchase_type = fields.String(validate=OneOf(PURCHASE_TYPES), load_default="unknown")
    photo_url = fields.Url(
        schemes={"http", "https"},
        validate=Length(max=1024),
        load_default=None,
        allow_none=True,
    )
    active = fields.Boolean(truthy={True}, falsy={False}, load_default=True)
