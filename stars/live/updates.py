"""Updates of Telegram. Each is parsed once, where it comes in, into one of the kinds below.

https://core.telegram.org/bots/api#update
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, cast, get_args

from stars.domain.types import Json
from stars.live.charges import Charge
from stars.live.documents import (
    Unreadable,
    parse_json,
    read_identifier,
    read_moment,
    read_number,
    read_object,
    read_text,
)

MAX_UPDATE_ID = 2**63 - 1
"""What PostgreSQL's bigint holds. Telegram's own stay far below."""


@dataclass(frozen=True, kw_only=True)
class Update:
    """Something that Telegram tells.

    `update_id` is None if it has none that can be one. `body` is its JSON, as it came.
    """

    update_id: int | None
    body: str


@dataclass(frozen=True, kw_only=True)
class PreCheckoutQuery(Update):
    """Telegram asks whether a buyer may pay now. `amount` is in the smallest unit of `currency`."""

    query_id: str
    payer_id: str
    language: str
    invoice_payload: str
    currency: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class SuccessfulPayment(Update):
    """A buyer was charged."""

    charge: Charge


@dataclass(frozen=True, kw_only=True)
class RefundedPayment(Update):
    """A charge went back to its buyer."""

    charge: Charge


SubscriptionWord = Literal["canceled", "active", "failed"]
"""What Telegram tells of a subscription: https://core.telegram.org/bots/api#update"""


@dataclass(frozen=True, kw_only=True)
class SubscriptionUpdate(Update):
    """A subscription was canceled or taken up again by its user, or its renewal was not paid."""

    user_id: str
    invoice_payload: str
    word: SubscriptionWord


@dataclass(frozen=True, kw_only=True)
class OtherUpdate(Update):
    """An update of a kind that payments do not need. `content` is its parsed JSON."""

    content: Json


@dataclass(frozen=True, kw_only=True)
class MalformedUpdate(Update):
    """What came is not what Telegram's documentation promises. `problem` says where."""

    problem: str


@dataclass(frozen=True, kw_only=True)
class MalformedQuery(MalformedUpdate):
    """A pre-checkout query that cannot be judged. It is answered all the same, if it has an id."""

    query_id: str | None
    language: str


def parse_update(body: str) -> Update:
    """Return what the JSON text `body` tells.

    Raises:
        ValueError: it is not JSON.

    """
    try:
        content = read_object(parse_json(body), "the update")
    except Unreadable as error:
        return MalformedUpdate(update_id=None, body=body, problem=str(error))
    update_id = _update_id(content)
    if "pre_checkout_query" in content:
        return _parse_query(update_id, body, content["pre_checkout_query"])
    try:
        if "subscription" in content:
            return _parse_subscription(update_id, body, content["subscription"])
        return _parse_message(update_id, body, content)
    except Unreadable as error:
        return MalformedUpdate(update_id=update_id, body=body, problem=str(error))


def chat_of(body: str) -> str:
    """Return the chat that an update belongs to, empty if it belongs to none.

    What belongs to a user is of the private chat with them, which has their number.
    """
    try:
        content = read_object(parse_json(body), "the update")
    except Unreadable:
        return ""
    for told in content.values():
        if isinstance(told, dict):
            return _chat_number(told)
    return ""


def _chat_number(told: Json) -> str:
    """Return the number of the chat of a message, of a pressed button's message, or of a user."""
    message = told.get("message", told)
    chat = message.get("chat") if isinstance(message, dict) else None
    for holder in (chat, told.get("from"), told.get("user")):
        if isinstance(holder, dict) and isinstance(holder.get("id"), int):
            return str(holder["id"])
    return ""


def _update_id(content: Json) -> int | None:
    value = content.get("update_id")
    if type(value) is not int:
        return None
    return value if 0 <= value <= MAX_UPDATE_ID else None


def _parse_query(update_id: int | None, body: str, value: object) -> Update:
    query = value if isinstance(value, dict) else {}
    sender = query.get("from")
    language = str(sender.get("language_code", "")) if isinstance(sender, dict) else ""
    try:
        payer = read_object(sender, "from")
        return PreCheckoutQuery(
            update_id=update_id,
            body=body,
            query_id=read_identifier(query, "id"),
            payer_id=str(read_number(payer, "id")),
            language=language,
            invoice_payload=read_text(query, "invoice_payload"),
            currency=read_text(query, "currency"),
            amount=read_number(query, "total_amount"),
        )
    except Unreadable as error:
        query_id = query.get("id")
        return MalformedQuery(
            update_id=update_id,
            body=body,
            problem=str(error),
            query_id=query_id if isinstance(query_id, str) else None,
            language=language,
        )


def _parse_subscription(update_id: int | None, body: str, value: object) -> Update:
    told = read_object(value, "subscription")
    word = read_text(told, "state")
    if word not in get_args(SubscriptionWord):
        raise Unreadable(f"state is none of {', '.join(get_args(SubscriptionWord))}")
    user = read_object(told.get("user"), "user")
    return SubscriptionUpdate(
        update_id=update_id,
        body=body,
        user_id=str(read_number(user, "id")),
        invoice_payload=read_text(told, "invoice_payload"),
        word=cast(SubscriptionWord, word),
    )


def _parse_message(update_id: int | None, body: str, content: Json) -> Update:
    message = content.get("message")
    if isinstance(message, dict):
        if "successful_payment" in message:
            charge = _read_payment(message)
            return SuccessfulPayment(update_id=update_id, body=body, charge=charge)
        if "refunded_payment" in message:
            # Its sender may be the bot itself: it is the chat that names the buyer.
            charge = _read_charge(message["refunded_payment"], message.get("chat"))
            return RefundedPayment(update_id=update_id, body=body, charge=charge)
    if update_id is None:
        raise Unreadable("update_id is no whole number")
    return OtherUpdate(update_id=update_id, body=body, content=content)


def _read_payment(message: Json) -> Charge:
    """Return what was paid, with what Telegram says of it if it is for a subscription."""
    charge = _read_charge(message["successful_payment"], message.get("from"))
    payment = message["successful_payment"]
    if payment.get("is_recurring") is not True:
        return charge
    is_first = payment.get("is_first_recurring") is True
    return replace(
        charge,
        recurrence="first" if is_first else "renewal",
        charged_at=_read_moment_if_any(message, "date"),
        paid_until=_read_moment_if_any(payment, "subscription_expiration_date"),
    )


def _read_moment_if_any(document: Json, name: str) -> datetime | None:
    return read_moment(document, name) if name in document else None


def _read_charge(payment: object, payer: object) -> Charge:
    document = read_object(payment, "the payment")
    return Charge(
        charge_id=read_identifier(document, "telegram_payment_charge_id"),
        payer_id=str(read_number(read_object(payer, "the payer"), "id")),
        invoice_payload=read_text(document, "invoice_payload"),
        currency=read_text(document, "currency"),
        amount=read_number(document, "total_amount"),
    )
