"""L4: the client of the Bot API tells a refusal from an unknown outcome."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from harness.constants import BOT_TOKEN
from harness.live import Buyer, Shop
from harness.simulator import listening
from harness.updates import new_id
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from stars.live.telegram import Telegram, TelegramError
from stars.simulator.__main__ import Silent


@pytest.fixture
def odd_server() -> Iterator[tuple[Telegram, list[Any]]]:
    """A Telegram that answers with what is put into the list, in turn."""
    answers: list[Any] = []

    @Request.application
    def app(_request: Request) -> Response:
        status, body = answers.pop(0)
        return Response(body if isinstance(body, bytes) else json.dumps(body), status)

    with listening(
        make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    ) as address:
        yield Telegram(BOT_TOKEN, address), answers


OK = (200, {"ok": True, "result": {"id": 1}})


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        ([OK], "done"),
        ([(500, {"ok": False, "error_code": 500, "description": "Internal"}), OK], "done"),
        ([(502, b"<html>Bad gateway</html>"), (502, b""), OK], "done"),
        ([(200, b"nonsense")] * 3, "unknown"),
        ([(200, b"[]")] * 3, "unknown"),
        ([(200, {"ok": False})] * 3, "unknown"),
        (
            [
                (
                    429,
                    {
                        "ok": False,
                        "error_code": 429,
                        "description": "Too Many",
                        "parameters": {"retry_after": 0},
                    },
                ),
                OK,
            ],
            "done",
        ),
        (
            [
                (
                    429,
                    {
                        "ok": False,
                        "error_code": 429,
                        "description": "Too Many",
                        "parameters": {"retry_after": 60},
                    },
                )
            ],
            "refused",
        ),
        ([(400, {"ok": False, "error_code": 400, "description": "Bad Request: X"})], "refused"),
        ([(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})], "refused"),
        ([(500, {"ok": False, "error_code": 500, "description": "Internal"})] * 3, "unknown"),
    ],
)
def test_l4_a_refusal_is_told_from_an_unknown_outcome(
    odd_server: tuple[Telegram, list[Any]], answers: list[Any], result: str
) -> None:
    telegram, told = odd_server
    told.extend(answers)
    if result == "done":
        assert telegram.call("getMe") == {"id": 1}
    else:
        with pytest.raises(TelegramError) as failed:
            telegram.call("getMe")
        assert (failed.value.refused, failed.value.__cause__) == (result == "refused", None)
        assert BOT_TOKEN not in f"{failed.value!r} {failed.value} {telegram!r}"
    assert told == []


def test_l4_nobody_there_is_an_unknown_outcome_that_tells_no_token() -> None:
    with pytest.raises(TelegramError) as failed:
        Telegram(BOT_TOKEN, "http://127.0.0.1:1").call("getMe")
    assert not failed.value.refused
    assert "ConnectError" in str(failed.value)
    assert BOT_TOKEN not in str(failed.value)


def test_l4_a_silent_telegram_costs_five_seconds_and_leaves_room_for_its_questions(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id, ready = new_id(), new_id()
    link = buyer.link(ready)
    slow = [new_id() for _ in range(8)]
    for one in slow:
        shop.sim.fault("timeout", seconds=20, match={"method": "createInvoiceLink", "payload": one})
    begun = time.monotonic()
    asking = [threading.Thread(target=buyer.invoice, args=[one]) for one in slow]
    for thread in asking:
        thread.start()
    assert buyer.pay(link)["status"] == "paid"  # its pre-checkout was answered in time
    for thread in asking:
        thread.join()
    assert time.monotonic() - begun < 10
    assert buyer.link(purchase_id)
