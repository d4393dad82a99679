"""N6: what the shop's own bot relays is handled as Telegram's, and answered by a call."""

from typing import Any

import pytest
from flask import Flask
from harness.backend import Backend
from harness.constants import LIVE
from harness.people import Answer
from harness.types import MakeApp, Sql
from harness.updates import checkout, message, text_message
from harness.webhooked import BUYER, ITEM, Webhooked

UPDATES = "/api/v1/telegram/updates"
STATUS = "SELECT status FROM purchases WHERE purchase_id = 'p1'"


@pytest.fixture
def app(make_app: MakeApp, sql: Sql) -> Flask:
    """A live service to which a bot relays, with an invoice `p1`."""
    sql.execute(ITEM)
    app = make_app(**LIVE, relayed_updates=True)
    Webhooked(app).offer("p1")
    return app


@pytest.fixture
def bot(app: Flask) -> Backend:
    """The shop's own bot, which has a key."""
    return Backend(app, "write")


def relay(bot: Backend, update: Any) -> Answer:
    return bot.call("POST", UPDATES, update)


def test_n6_a_relayed_checkout_is_answered_by_a_call(bot: Backend) -> None:
    update = checkout(BUYER, "p1")

    answer = relay(bot, update)

    assert answer.status_code == 200
    assert answer.json == {
        "method": "answerPreCheckoutQuery",
        "pre_checkout_query_id": update["pre_checkout_query"]["id"],
        "ok": True,
    }


def test_n6_a_relayed_checkout_is_declined_in_the_buyers_language(bot: Backend) -> None:
    call = relay(bot, checkout(BUYER + 1, "p1", language="ru")).json

    assert call["ok"] is False
    assert "другому человеку" in call["error_message"]


def test_n6_a_relayed_payment_settles_its_purchase_once(bot: Backend, sql: Sql) -> None:
    update = message(BUYER, "p1", "c1")
    for _ in range(2):
        answer = relay(bot, update)
        assert (answer.status_code, answer.text) == (204, "")

    assert sql.execute(STATUS).fetchone() == ("succeeded",)
    relay(bot, message(BUYER, "p1", "c1", kind="refunded_payment"))
    assert sql.execute(STATUS).fetchone() == ("refunded",)


@pytest.mark.parametrize(
    "update",
    [
        checkout(BUYER, "of-the-bot"),
        message(BUYER, "of-the-bot", "c1"),
        text_message(BUYER, "/start", 1),
        text_message(BUYER, "x" * 200_000, 2),
        {"update_id": 3, "pre_checkout_query": {"id": "q"}},
        {"update_id": 4, "message": {"successful_payment": 5}},
        {},
        [],
    ],
    ids=["checkout", "payment", "text", "long text", "broken query", "broken payment", "{}", "[]"],
)
def test_n6_what_is_not_ours_is_the_bots_to_answer(bot: Backend, update: Any, sql: Sql) -> None:
    answer = relay(bot, update)

    assert (answer.status_code, answer.text) == (204, "")
    assert sql.execute("SELECT count(*) FROM charges").fetchone() == (0,)
    assert sql.execute("SELECT count(*) FROM forwards").fetchone() == (0,)


@pytest.mark.parametrize("body", [b"", b"nonsense", b"\xff", b'{"update_id": 1'])
def test_n6_what_is_no_json_is_refused(bot: Backend, body: bytes, sql: Sql) -> None:
    headers = {"Authorization": f"Bearer {bot.key}"}
    refused = bot.app.test_client().post(UPDATES, data=body, headers=headers)

    assert refused.status_code == 400
    assert refused.json is not None
    assert refused.json["error"] == "invalid_json"
    assert sql.execute("SELECT count(*) FROM telegram_updates").fetchone() == (0,)


def test_n6_without_a_key_nothing_is_even_kept(bot: Backend, sql: Sql) -> None:
    reader = Backend(bot.app, "read", "refund")
    assert relay(reader, message(BUYER, "p1", "c1")).status_code == 403
    anybody = bot.app.test_client().post(UPDATES, json=message(BUYER, "p1", "c1"))
    assert anybody.status_code == 401

    assert sql.execute("SELECT count(*) FROM telegram_updates").fetchone() == (0,)
    assert sql.execute(STATUS).fetchone() == ("pending",)


def test_n6_the_mock_takes_what_is_relayed_and_does_nothing(make_app: MakeApp, sql: Sql) -> None:
    bot = Backend(make_app(), "write")

    assert relay(bot, message(BUYER, "p1", "c1")).status_code == 204
    assert sql.execute("SELECT count(*) FROM telegram_updates").fetchone() == (0,)
