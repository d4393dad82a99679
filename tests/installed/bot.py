"""A bot that sells one sword, made with nothing but an HTTP client."""

import os
from typing import Any

import httpx

API = f"{os.environ['BOT_API']}/bot{os.environ['BOT_TOKEN']}"
SWORD = {
    "title": "Golden sword",
    "description": "Sharp",
    "payload": "sword-1",
    "currency": "XTR",
    "prices": [{"label": "Golden sword", "amount": 50}],
    "reply_markup": {"inline_keyboard": [[{"text": "Pay 50 XTR", "pay": True}]]},
}
BUY = {"inline_keyboard": [[{"text": "Buy a sword", "callback_data": "buy"}]]}


def call(method: str, **arguments: Any) -> Any:
    """Return the result of a call to the Bot API."""
    answer = httpx.post(f"{API}/{method}", json=arguments, timeout=60)
    return answer.raise_for_status().json()["result"]


def handle(update: dict[str, Any]) -> None:
    """Answer a buyer."""
    if "pre_checkout_query" in update:
        query = update["pre_checkout_query"]["id"]
        call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)
    elif "callback_query" in update:
        query = update["callback_query"]
        call("answerCallbackQuery", callback_query_id=query["id"])
        call("sendInvoice", chat_id=query["from"]["id"], **SWORD)
    elif "successful_payment" in update["message"]:
        call("sendMessage", chat_id=update["message"]["chat"]["id"], text="Thank you!")
    else:
        chat = update["message"]["chat"]["id"]
        call("sendMessage", chat_id=chat, text="Welcome", reply_markup=BUY)


def main() -> None:
    """Poll until somebody ends it."""
    offset = 0
    while True:
        for update in call("getUpdates", offset=offset, timeout=30):
            offset = update["update_id"] + 1
            handle(update)


if __name__ == "__main__":
    main()
