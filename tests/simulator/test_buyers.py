"""Buyers write and press buttons: the updates a bot gets, and what its answers lead to."""

import threading
from typing import Any

import pytest
import requests
from harness.simulator import PRICES, SWORD, TOO_LATE, Hook, Sim, approve
from harness.waiting import eventually

BUTTONS = {
    "inline_keyboard": [
        [{"text": "Buy", "callback_data": "buy:1"}, {"text": "Site", "url": "https://a.bc"}]
    ]
}
PAY_AND_HELP = {
    "inline_keyboard": [
        [{"text": "Pay 50 XTR", "pay": True}],
        [{"text": "Help", "callback_data": "help"}],
    ]
}


def test_a_text_arrives_as_a_message_with_the_command_in_it(shop: Sim, hook: Hook) -> None:
    user = shop.user(first_name="Alice", last_name="Liddell")
    message = shop.write(user, "/start order_1")
    assert hook.kinds() == ["message"]
    assert hook.came[0]["message"] == message
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert message["from"] == {
        "id": user,
        "is_bot": False,
        "first_name": "Alice",
        "last_name": "Liddell",
        "language_code": "en",
    }
    assert shop.act("message", user=user, start="order_2")["text"] == "/start order_2"
    assert shop.act("message", user=user, start="")["text"] == "/start"
    assert shop.texts(user) == ["/start order_1", "/start order_2", "/start"]


def test_a_press_asks_the_bot_and_shows_its_answer(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    sent = shop.ask("sendMessage", chat_id=user, text="Choose", reply_markup=BUTTONS)

    def answer(update: dict[str, Any]) -> Any:
        query = update["callback_query"]
        answered = {"callback_query_id": query["id"], "text": "Good choice", "show_alert": True}
        return 200, {}, {"method": "answerCallbackQuery", **answered}

    hook.handler = answer
    press = shop.press(user, "Buy")
    query = hook.came[0]["callback_query"]
    assert (query["data"], query["from"]["id"], query["message"]) == ("buy:1", user, sent)
    assert query["chat_instance"]
    assert press == {
        "callback_query": query["id"],
        "answered": True,
        "text": "Good choice",
        "show_alert": True,
        "url": "",
    }
    assert shop.press(user, "buy:1")["answered"]
    late = shop.call("answerCallbackQuery", callback_query_id=query["id"])
    assert late["description"] == TOO_LATE
    assert shop.press(user, "Site") == {"button": {"text": "Site", "url": "https://a.bc"}}


def test_a_press_that_nobody_answers_says_so(sim: Sim) -> None:
    user = sim.user()
    sim.ask("sendMessage", chat_id=user, text="Choose", reply_markup=BUTTONS)
    press = sim.press(user, "Buy", wait=0)
    assert press["answered"] is False
    update = sim.ask("getUpdates")[0]
    assert update["callback_query"]["id"] == press["callback_query"]
    stranger = Sim(sim.address, "777:" + "x" * 35)
    refused = stranger.call("answerCallbackQuery", callback_query_id=press["callback_query"])
    assert refused["description"] == TOO_LATE
    assert not sim.call("answerInlineQuery", inline_query_id="1", results=[])["ok"]
    stranger.session.close()


def test_only_allowed_updates_reach_the_bot(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    shop.ask("sendMessage", chat_id=user, text="Choose", reply_markup=BUTTONS)
    shop.hook(hook, allowed_updates=["message"])
    shop.press(user, "Buy", wait=0)
    shop.write(user, "Hello")
    shop.hook(hook, allowed_updates=["callback_query"])
    shop.press(user, "Buy", wait=0)
    shop.write(user, "Hello")
    shop.quiet()
    assert hook.kinds() == ["message", "callback_query"]
    kept = [line["update"] for line in shop.journal("update_not_allowed")]
    assert kept == ["callback_query", "message"]


def test_an_invoice_message_keeps_its_keyboard_and_start_parameter(sim: Sim) -> None:
    user = sim.user()
    goods = SWORD | {"prices": PRICES, "chat_id": user}
    message = sim.ask("sendInvoice", **goods, start_parameter="sw", reply_markup=PAY_AND_HELP)
    assert message["reply_markup"] == PAY_AND_HELP
    assert message["invoice"]["start_parameter"] == "sw"
    plain = sim.ask("sendInvoice", **goods)
    assert plain["reply_markup"]["inline_keyboard"] == [[{"text": "Pay ⭐️50", "pay": True}]]
    wrong = {"inline_keyboard": [[{"text": "Help", "callback_data": "help"}]]}
    refused = sim.call("sendInvoice", **goods, reply_markup=wrong)
    assert refused["description"] == "Bad Request: REPLY_MARKUP_BUY_EMPTY"


def test_the_pay_button_pays_once_and_is_a_receipt_then(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    goods = SWORD | {"prices": PRICES, "chat_id": user}
    shop.ask("sendInvoice", **goods, reply_markup=PAY_AND_HELP)
    hook.handler = lambda update: (200, {}, {})
    assert shop.press(user, "Pay 50 XTR", wait=0)["status"] == "pending"
    shop.push(11)
    hook.handler = approve
    assert shop.press(user, "Pay 50 XTR")["status"] == "paid"
    shop.quiet()
    assert shop.balance() == 50
    assert "receipt" in shop.press(user, "Pay 50 XTR")["error"]
    assert shop.balance() == 50
    chat = shop.chat(user)
    assert chat["offers"]["1"]["paid"] is True
    assert "successful_payment" in chat["messages"][-1]
    assert chat["user"]["stars"] == 950


def test_whoever_watches_a_chat_learns_of_a_change_at_once(sim: Sim) -> None:
    user = sim.user()
    sim.ask("getMe")
    seen = sim.chat(user)["changes"]
    assert sim.look("chat", user=user, changes=seen, wait=0)["messages"] == []
    found: list[Any] = []
    query = {"user": user, "changes": seen, "wait": 30}
    address = f"{sim.address}/sim/chat"
    watcher = threading.Thread(
        target=lambda: found.append(requests.get(address, params=query, timeout=40).json())
    )
    watcher.start()
    sim.ask("sendMessage", chat_id=user, text="News")
    eventually(lambda: found)
    watcher.join()
    assert [message["text"] for message in found[0]["messages"]] == ["News"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("message", {"user": 1001}),
        ("message", {"user": 1001, "text": "x" * 4097}),
        ("message", {"user": 99, "text": "x"}),
        ("message", {"user": 1001, "text": "x", "bot": "777"}),
        ("press", {"user": 1001}),
        ("press", {"user": 1001, "button": "Nothing"}),
        ("press", {"user": 1001, "button": "Buy", "message_id": 99}),
    ],
)
def test_what_makes_no_sense_is_refused(sim: Sim, path: str, body: dict[str, Any]) -> None:
    sim.ask("sendMessage", chat_id=sim.user(), text="Choose", reply_markup=BUTTONS)
    answer = requests.post(f"{sim.address}/sim/{path}", json=body, timeout=10)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]
    assert sim.ask("getUpdates") == []


def test_a_chat_that_does_not_exist_cannot_be_watched(sim: Sim) -> None:
    sim.ask("getMe")
    for query in ({}, {"user": "x"}, {"user": 99}):
        assert sim.look("chat", **query)["error"]
