"""What is asked of subscriptions and entitlements, and what is answered."""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf, Regexp

from stars.schemas.backend import PageSize
from stars.schemas.values import (
    NUMBER,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    TIME_OR_NULL,
    Identifier,
    PageKey,
)

STATES = ("active", "canceled", "payment_failed", "expired")
ACTS = ("renew", "fail", "cancel", "resume", "expire")
CHARGE_ID = Regexp(r"\A[!-~]{1,512}\Z", error="Must be the id of a charge.")


class SubscriptionsQuery(Schema):
    """The query of GET /subscriptions: what the subscriptions must have."""

    user_id = Identifier("user_id", "Whose; for a server key.")
    item_id = Identifier("item_id", "Of what.")
    state = fields.String(validate=OneOf(STATES))
    limit = PageSize()
    after = PageKey()


class EntitlementsQuery(Schema):
    """The query of GET /entitlements."""

    limit = PageSize()
    after = PageKey()


class RefundRequest(Schema):
    """The body of POST /subscriptions/{id}/refund."""

    telegram_payment_charge_id = fields.String(
        required=True,
        validate=CHARGE_ID,
        metadata={"description": "Which of its payments."},
    )


class SubscriptionAnswer(Schema):
    """A subscription. `period` is in seconds."""

    purchase_id = TEXT
    user_id = TEXT
    item_id = TEXT
    price_stars = NUMBER
    period = NUMBER
    mode = TEXT
    state = fields.String(required=True, validate=OneOf(STATES))
    started_at = TIME
    ends_at = TIME
    renewals = NUMBER
    canceled_at = TIME_OR_NULL
    canceled_by = TEXT_OR_NULL
    payment_failed_at = TIME_OR_NULL


class SubscriptionsAnswer(Schema):
    """A page of subscriptions. `after` leads to the next one; it is null on the last."""

    subscriptions = fields.List(fields.Nested(SubscriptionAnswer), required=True)
    after = TEXT_OR_NULL


class EntitlementAnswer(Schema):
    """Something that a user owns. `until` and `state` are a subscription's."""

    purchase_id = TEXT
    item_id = TEXT
    purchase_type = TEXT
    kind = fields.String(required=True, validate=OneOf(("purchase", "subscription")))
    created_at = TIME
    since = TIME
    until = TIME_OR_NULL
    state = TEXT_OR_NULL
    fulfilled_at = TIME_OR_NULL


class EntitlementsAnswer(Schema):
    """A page of what a user owns. `after` leads to the next one; it is null on the last."""

    entitlements = fields.List(fields.Nested(EntitlementAnswer), required=True)
    after = TEXT_OR_NULL
