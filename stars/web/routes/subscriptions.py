"""/api/v1/subscriptions and /api/v1/entitlements: what users have for a time, and what they own."""

from flask import Response, request

from stars import errors
from stars.domain import entitlements, subscriptions
from stars.domain.api_keys import Scope
from stars.domain.subscriptions import EditedBy
from stars.domain.types import ANYBODY, Owner
from stars.schemas.examples import EXAMPLES
from stars.schemas.subscriptions import (
    EntitlementsAnswer,
    EntitlementsQuery,
    RefundRequest,
    SubscriptionAnswer,
    SubscriptionsAnswer,
    SubscriptionsQuery,
)
from stars.schemas.values import IDENTIFIER
from stars.web.answers import respond
from stars.web.api import PURCHASE_ID, USER, X_USER_ID, Answer, Blueprint, Body
from stars.web.bodies import read_body, read_query
from stars.web.callers.keys import current_backend, sent_key
from stars.web.callers.users import current_user
from stars.web.requests import request_id, service

blp = Blueprint(
    "subscriptions",
    __name__,
    url_prefix="/api/v1",
    description="What is paid for a time, and what a user owns. For the user, and for the shop's "
    "backend with a server key.",
)

SUBSCRIPTIONS_QUERY = SubscriptionsQuery()
ENTITLEMENTS_QUERY = EntitlementsQuery()
REFUND_REQUEST = RefundRequest()
TROUBLE = (
    errors.Unauthorized,
    errors.InsufficientScope,
    errors.IdentityUnavailable,
    errors.DatabaseUnavailable,
    errors.Busy,
)
EDIT = (
    *TROUBLE,
    errors.StarsDisabled,
    errors.SubscriptionNotFound,
    errors.SubscriptionUnchangeable,
    errors.TelegramUnavailable,
)


@blp.get("/subscriptions")
@blp.describe(
    Answer(
        schema=SubscriptionsAnswer(),
        example={"subscriptions": [EXAMPLES["subscription"]], "after": None},
    ),
    refuses=(*TROUBLE, errors.InvalidQuery),
    parameters=[X_USER_ID, {"in": "query", "schema": SUBSCRIPTIONS_QUERY}],
    security=USER,
)
def list_subscriptions() -> Response:
    """List subscriptions, those begun last first

    Your own; with a server key of scope `read` and no `X-User-Id`, anybody's. All but `expired`
    can be used until `ends_at`, whether or not they are renewed.
    """
    owner, _ = current_caller("read")
    asked = read_query(SUBSCRIPTIONS_QUERY)
    if owner is not ANYBODY and asked.setdefault("user_id", owner) != owner:
        return respond({"subscriptions": [], "after": None})
    here = service()
    limit = asked.pop("limit")
    found = subscriptions.find(here.db, mode=here.payments.mode, limit=limit + 1, **asked)
    page = found[:limit]
    after = None
    if len(found) > limit:
        after = f"{page[-1]['started_at']}_{page[-1]['purchase_id']}"
    return respond({"subscriptions": page, "after": after})


@blp.get("/subscriptions/<purchase_id>")
@blp.describe(
    Answer(schema=SubscriptionAnswer(), example=EXAMPLES["subscription"]),
    refuses=(*TROUBLE, errors.SubscriptionNotFound),
    parameters=[X_USER_ID, PURCHASE_ID],
    security=USER,
)
def get_subscription(purchase_id: str) -> Response:
    """Look at the subscription that a purchase has begun

    Your own; with a server key of scope `read` and no `X-User-Id`, anybody's.
    """
    owner, _ = current_caller("read")
    here = service()
    found = subscriptions.get(
        here.db, purchase_id=read_id(purchase_id), owner=owner, mode=here.payments.mode
    )
    return respond(found)


@blp.post("/subscriptions/<purchase_id>/cancel")
@blp.describe(
    Answer(
        schema=SubscriptionAnswer(),
        example=EXAMPLES["subscription"]
        | {
            "state": "canceled",
            "canceled_at": EXAMPLES["subscription"]["started_at"],
            "canceled_by": "user",
        },
    ),
    refuses=EDIT,
    parameters=[X_USER_ID, PURCHASE_ID],
    security=USER,
)
def cancel_subscription(purchase_id: str) -> Response:
    """End the renewals of a subscription

    What is paid of it stays. With a server key of scope `write` and no `X-User-Id` it is the shop
    that ends it, and its user cannot go on. It is canceled when Telegram has done it: with
    503 `telegram_unavailable` it is queued. Asked again, it is the same.
    """
    return respond(edit(purchase_id, is_canceled=True))


@blp.post("/subscriptions/<purchase_id>/allow")
@blp.describe(
    Answer(schema=SubscriptionAnswer(), example=EXAMPLES["subscription"]),
    refuses=(*EDIT, errors.StoppedByShop),
    parameters=[X_USER_ID, PURCHASE_ID],
    security=USER,
)
def allow_subscription(purchase_id: str) -> Response:
    """Allow its user to take a canceled subscription up again

    It undoes only what `cancel` has done, and stays canceled until its user takes it up again in
    Telegram. What the shop has ended, only the shop can allow again.
    """
    return respond(edit(purchase_id, is_canceled=False))


@blp.post("/subscriptions/<purchase_id>/refund")
@blp.describe(
    Answer(schema=SubscriptionAnswer(), example=EXAMPLES["subscription"]),
    body=Body(
        schema=REFUND_REQUEST,
        example={
            "telegram_payment_charge_id": EXAMPLES["charge"]["telegram_payment_charge_id"],
        },
    ),
    refuses=(
        *TROUBLE,
        errors.InvalidJson,
        errors.PayloadTooLarge,
        errors.UnsupportedMediaType,
        errors.InvalidPurchasePayload,
        errors.StarsDisabled,
        errors.LiveOnly,
        errors.SubscriptionNotFound,
        errors.NothingToRefund,
        errors.TelegramUnavailable,
    ),
    parameters=[PURCHASE_ID],
    security=[{"serverKey": []}],
)
def refund_subscription(purchase_id: str) -> Response:
    """Give the Stars of one of its payments back

    Scope `refund`. Which were paid is in `charges` of `GET /purchases/{purchase_id}`. What that
    one has paid of the subscription is over; its renewals go on until they are canceled.
    """
    current_backend("refund")
    asked = read_body(REFUND_REQUEST)
    refunded = service().payments.refund_subscription(
        purchase_id=read_id(purchase_id),
        charge_id=asked["telegram_payment_charge_id"],
        request_id=request_id(),
    )
    return respond(refunded)


@blp.get("/entitlements")
@blp.describe(
    Answer(
        schema=EntitlementsAnswer(),
        example={"entitlements": [EXAMPLES["entitlement"]], "after": None},
    ),
    refuses=(*TROUBLE, errors.InvalidQuery),
    parameters=[X_USER_ID, {"in": "query", "schema": ENTITLEMENTS_QUERY}],
    security=USER,
)
def list_entitlements() -> Response:
    """List what a user owns now, what was bought last first

    Purchases that succeeded and were not refunded, and subscriptions until their end.
    """
    user_id = current_user("read")
    asked = read_query(ENTITLEMENTS_QUERY)
    here = service()
    limit = asked.pop("limit")
    found = entitlements.find(
        here.db, user_id=user_id, mode=here.payments.mode, limit=limit + 1, **asked
    )
    page = found[:limit]
    after = None
    if len(found) > limit:
        after = f"{page[-1]['created_at']}_{page[-1]['purchase_id']}"
    return respond({"entitlements": page, "after": after})


def edit(purchase_id: str, *, is_canceled: bool) -> subscriptions.Subscription:
    """End the renewals of a subscription, or allow them again, for whoever asks."""
    owner, requested_by = current_caller("write")
    return service().payments.edit_subscription(
        purchase_id=read_id(purchase_id),
        owner=owner,
        is_canceled=is_canceled,
        requested_by=requested_by,
        request_id=request_id(),
    )


def current_caller(scope: Scope) -> tuple[Owner, EditedBy]:
    """Return whose subscriptions the caller may see and edit, and for whom that is done.

    Raises as current_user and current_backend.
    """
    if sent_key() is not None and "X-User-Id" not in request.headers:
        current_backend(scope)
        return ANYBODY, "shop"
    return current_user(scope), "user"


def read_id(purchase_id: str) -> str:
    """Return the id of a path. Raises SubscriptionNotFound for one that no purchase can have."""
    if not IDENTIFIER.fullmatch(purchase_id):
        raise errors.SubscriptionNotFound
    return purchase_id
