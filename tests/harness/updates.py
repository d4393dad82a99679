"""Updates as Telegram would send them, and ids that no other test uses."""

import itertools
from typing import Any

numbers = itertools.count(1)
# Stands for a field that is not there at all.
LEFT_OUT = object()


def shown(value: object) -> str:
    """A value in a test's name, the same in every process."""
    return "left out" if value is LEFT_OUT else repr(value)


def new_id() -> str:
    """A purchase_id that no other test uses."""
    return f"p{next(numbers)}"


def message(
    user: int,
    purchase_id: str,
    charge: str,
    *,
    amount: Any = 50,
    kind: str = "successful_payment",
    **more: Any,
) -> dict[str, Any]:
    """An update that tells of a payment of `user`, or with another `kind` of its refund."""
    payment = {
        "currency": "XTR",
        "total_amount": amount,
        "invoice_payload": purchase_id,
        "telegram_payment_charge_id": charge,
        "provider_payment_charge_id": "x",
        **more,
    }
    content = {
        "message_id": 1,
        "date": 1,
        "from": {"id": user, "is_bot": False, "first_name": "A"},
        "chat": {"id": user, "type": "private"},
        kind: payment,
    }
    return {"update_id": 10**9 + next(numbers), "message": content}


def checkout(user: int, purchase_id: str, *, language: Any = "en", **more: Any) -> dict[str, Any]:
    """An update that asks whether `user` may pay."""
    query = {
        "id": f"q{next(numbers)}",
        "from": {"id": user, "is_bot": False, "first_name": "A", "language_code": language},
        "currency": "XTR",
        "total_amount": 50,
        "invoice_payload": purchase_id,
        **more,
    }
    return {"update_id": 10**9 + next(numbers), "pre_checkout_query": query}


def text_message(chat: int, words: str, number: int) -> dict[str, Any]:
    """An update with a text that somebody wrote to the bot in this chat."""
    content = {
        "message_id": number,
        "date": 1,
        "chat": {"id": chat, "type": "private"},
        "from": {"id": chat, "is_bot": False, "first_name": "A"},
        "text": words,
    }
    return {"update_id": number, "message": content}
