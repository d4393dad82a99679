"""What is for sale, as the catalogue is imported."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf

from stars.schemas.values import PURCHASE_TYPES, Identifier, WholeStars, shown

PERIODS = (60, 300, 2_592_000)
"""Seconds between the payments of a subscription. The short ones are the test environment's."""

MAX_SUBSCRIPTION_PRICE = 10_000
"""Stars. Telegram takes no more at a time for a subscription."""


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
    subscription_period = fields.Integer(
        strict=True,
        validate=OneOf(PERIODS),
        load_default=None,
        allow_none=True,
    )

    @validates_schema
    def _refuse_dear_subscriptions(self, item: dict[str, Any], **_: Any) -> None:
        is_dear = item.get("price_stars", 0) > MAX_SUBSCRIPTION_PRICE
        if item.get("subscription_period") is not None and is_dear:
            raise ValidationError(
                f"Must be at most {MAX_SUBSCRIPTION_PRICE} for a subscription.", "price_stars"
            )
