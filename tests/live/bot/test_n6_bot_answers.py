"""N6: a call that the shop's own bot answers an update with is carried out."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from harness.receiver import Receiver
from harness.updates import text_message
from harness.waiting import eventually
from harness.webhooked import Webhooked

Called = list[tuple[str, dict[str, Any]]]
Start = Callable[[], threading.Event]


def test_n6_a_call_that_the_bot_answers_with_is_carried_out(
    shop: Webhooked, bot: Receiver, start: Start, called: Called
) -> None:
    call = {"method": "sendMessage", "chat_id": 5, "text": "Welcome!"}
    bot.answer = lambda _told: (
        200,
        {"Content-Type": "application/json"},
        json.dumps(call).encode(),
    )
    shop.tell(text_message(5, "/start", 1))
    start()

    eventually(lambda: called)
    assert called == [("sendMessage", call)]


@pytest.mark.parametrize(
    "body", [b"", b"ok", b"[1]", b'{"method": 5}', b'{"method": "../getMe"}', b"[" * 50_000]
)
def test_n6_an_answer_that_is_no_call_is_none(
    shop: Webhooked, bot: Receiver, start: Start, called: Called, body: bytes
) -> None:
    bot.answer = lambda _told: (200, {}, body)
    shop.tell(text_message(5, "/start", 1))
    shop.tell(text_message(5, "/help", 2))
    start()

    eventually(lambda: shop.waiting() == 0)
    assert len(bot.told) == 2
    assert called == []
