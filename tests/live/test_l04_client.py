"""L4: the client of the Bot API tells a refusal from an unknown outcome."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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

Answers = list[tuple[int, Any]]


@pytest.fixture
def answers() -> Answers:
    """What Telegram will answer, in turn: a status and a body."""
    return []


@pytest.fixture
def telegram(answers: Answers) -> Iterator[Telegram]:
    """A client of a Telegram that answers so."""

    @Request.application
    def bot_api(_request: Request) -> Response:
        status, body = answers.pop(0)
        return Response(body if isinstance(body, bytes) else json.dumps(body), status)

    server = make_server("127.0.0.1", 0, bot_api, threaded=True, request_handler=Silent)
    with listening(server) as address:
        yield Telegram(BOT_TOKEN, address)


def no(status: int, **parameters: int) -> tuple[int, Any]:
    """Telegram's envelope of a refusal."""
    body = {"ok": False, "error_code": status, "description": "Bad Request: X"}
    return status, body | ({"parameters": parameters} if parameters else {})


YES = (200, {"ok": True, "result": {"id": 1}})


@pytest.mark.parametrize(
    "told",
    [
        [YES],
        [no(500), YES],
        [(502, b"<html>Bad gateway</html>"), (502, b""), YES],
        [no(429, retry_after=0), YES],
    ],
)
def test_l4_a_passing_trouble_is_asked_through(
    telegram: Telegram, answers: Answers, told: Answers
) -> None:
    answers.extend(told)

    assert telegram.call("getMe") == {"id": 1}
    assert answers == []


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ([(200, b"nonsense")] * 3, False),
        ([(200, b"[]")] * 3, False),
        ([(200, {"ok": False})] * 3, False),
        ([no(500)] * 3, False),
        ([no(429, retry_after=60)], True),
        ([no(400)], True),
        ([no(401)], True),
    ],
)
def test_l4_a_refusal_is_told_from_an_unknown_outcome(
    telegram: Telegram, answers: Answers, told: Answers, refused: bool
) -> None:
    answers.extend(told)
    with pytest.raises(TelegramError) as failed:
        telegram.call("getMe")

    assert failed.value.refused is refused
    assert failed.value.__cause__ is None
    assert BOT_TOKEN not in f"{failed.value!r} {failed.value} {telegram!r}"
    assert answers == []


def test_l4_nobody_there_is_an_unknown_outcome_that_tells_no_token() -> None:
    with pytest.raises(TelegramError) as failed:
        Telegram(BOT_TOKEN, "http://127.0.0.1:1").call("getMe")

    assert not failed.value.refused
    assert "ConnectError" in str(failed.value)
    assert BOT_TOKEN not in str(failed.value)


def test_l4_a_silent_telegram_costs_five_seconds_and_leaves_room_for_its_questions(
    shop: Shop, buyer: Buyer
) -> None:
    """It is silent for four times as long, and whoever asks is answered before it speaks."""
    silence = 20
    link = buyer.link(new_id())
    asked = [new_id() for _ in range(8)]
    for purchase_id in asked:
        match = {"method": "createInvoiceLink", "payload": purchase_id}
        shop.sim.fault("timeout", seconds=silence, match=match)
    begun = time.monotonic()
    with ThreadPoolExecutor(len(asked)) as pool:
        waiting = [pool.submit(buyer.invoice, purchase_id) for purchase_id in asked]
        assert buyer.pay(link)["status"] == "paid"  # its pre-checkout was answered in time
        refused = [answer.result() for answer in waiting]

    assert time.monotonic() - begun < silence
    assert [answer.json()["error"] for answer in refused] == ["telegram_unavailable"] * 8
    assert buyer.link(new_id())
