"""N6: an update that is not ours reaches the shop's own bot, as it came, chat by chat in order."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from harness.constants import LIVE
from harness.receiver import OK, Receiver, Reply, Told
from harness.types import Logged, MakeApp, Sql
from harness.updates import checkout, message, text_message
from harness.waiting import eventually
from harness.webhooked import BUYER, FORWARD_SECRET, Webhooked

from stars.live import forwarding
from stars.live.payments import LivePayments
from stars.live.updates import chat_of
from stars.outgoing import Outcome
from stars.work.worker import Worker

DUE_NOW = "UPDATE forwards SET due_at = clock_timestamp()"
Start = Callable[[], threading.Event]


def words(told: Told) -> str:
    return str(told.document["message"]["text"])


def test_n6_what_is_not_ours_is_passed_on_byte_for_byte(
    shop: Webhooked, bot: Receiver, start: Start
) -> None:
    body = '{ "update_id":7,\n\t"callback_query": {"id":"1","from":{"id":5}, "data":"\\u043f п"} }'
    assert shop.tell(body.encode()).status_code == 200
    start()

    eventually(lambda: shop.waiting() == 0)
    [told] = bot.told
    assert told.body == body.encode()
    assert told.headers["x-telegram-bot-api-secret-token"] == FORWARD_SECRET
    assert told.headers["content-type"] == "application/json"


def test_n6_what_is_ours_is_not_passed_on(shop: Webhooked, bot: Receiver, start: Start) -> None:
    shop.offer("p1")
    answer = shop.tell(checkout(BUYER, "p1")).json
    assert answer is not None
    assert answer["ok"] is True
    shop.tell(message(BUYER, "p1", "c1"))
    shop.tell(message(BUYER, "p1", "c1", kind="refunded_payment"))
    shop.tell(text_message(BUYER, "the last", 1))
    start()

    eventually(lambda: shop.waiting() == 0)
    assert [words(told) for told in bot.told] == ["the last"]


@pytest.mark.parametrize("kind", ["successful_payment", "refunded_payment"])
def test_n6_a_payment_that_is_not_ours_is_passed_on(
    shop: Webhooked, bot: Receiver, start: Start, sql: Sql, kind: str
) -> None:
    update = message(BUYER, "of-another-shop", "c1", kind=kind)
    shop.tell(update)
    start()

    eventually(lambda: shop.waiting() == 0)
    assert [told.document for told in bot.told] == [update]
    assert sql.execute("SELECT count(*) FROM refunds").fetchone() == (0,)


def test_n6_an_update_that_comes_twice_is_passed_on_once(
    shop: Webhooked, bot: Receiver, start: Start
) -> None:
    for _ in range(3):
        shop.tell(text_message(5, "hello", 1))
    start()

    eventually(lambda: shop.waiting() == 0)
    assert len(bot.told) == 1


def test_n6_the_updates_of_a_chat_are_passed_on_in_order(
    shop: Webhooked, bot: Receiver, start: Start, sql: Sql
) -> None:
    """Also by two workers at once, and when some of them fail."""
    failed: set[str] = set()

    def answer(told: Told) -> Reply:
        if words(told).endswith("3") and words(told) not in failed:
            failed.add(words(told))
            return 500, {}, b""
        return OK

    bot.answer = answer
    for number in range(8):
        for chat in (1, 2, 3):
            shop.tell(text_message(chat, f"{chat}-{number}", 10 * number + chat))
    for _ in range(2):
        start()

    def all_arrived() -> bool:
        sql.execute(DUE_NOW)
        return shop.waiting() == 0

    eventually(all_arrived)
    for chat in (1, 2, 3):
        came = [words(told) for told in bot.told if words(told).startswith(f"{chat}-")]
        assert came == [f"{chat}-{number}" for number in (0, 1, 2, 3, 3, 4, 5, 6, 7)]


def test_n6_a_bot_that_is_away_gets_it_later(
    shop: Webhooked, bot: Receiver, start: Start, sql: Sql, logged: Logged
) -> None:
    bot.answer = lambda _told: (503, {}, b"")
    shop.tell(text_message(5, "hello", 1))
    start()
    eventually(lambda: logged("forward_failed"))
    bot.answer = lambda _told: OK

    def arrived() -> bool:
        sql.execute(DUE_NOW)
        return shop.waiting() == 0

    eventually(arrived)
    assert words(bot.told[-1]) == "hello"


def test_n6_what_a_dead_worker_was_passing_on_is_passed_on_again(
    shop: Webhooked, bot: Receiver, start: Start, sql: Sql
) -> None:
    shop.tell(text_message(5, "hello", 1))
    [claimed] = forwarding.claim(shop.here.db, bot_id=123456, limit=9)
    assert forwarding.claim(shop.here.db, bot_id=123456, limit=9) == []
    assert claimed.attempts == 1

    sql.execute("UPDATE forwards SET lease_until = clock_timestamp()")
    start()

    eventually(lambda: shop.waiting() == 0)
    assert [words(told) for told in bot.told] == ["hello"]


def test_n6_what_has_not_arrived_after_a_day_is_given_up_and_named(
    shop: Webhooked, bot: Receiver, start: Start, sql: Sql, logged: Logged
) -> None:
    bot.answer = lambda told: (500, {}, b"") if words(told) == "old" else OK
    shop.tell(text_message(5, "old", 1))
    shop.tell(text_message(5, "new", 2))
    sql.execute(
        "UPDATE forwards SET created_at = created_at - interval '25 hours' WHERE body ~ 'old'"
    )
    start()

    eventually(lambda: shop.waiting() == 0)
    assert [words(told) for told in bot.told] == ["old", "new"]
    [line] = logged("forward_given_up")
    assert line["level"] == "ERROR"
    assert sql.execute("SELECT count(*) FROM telegram_updates").fetchone() == (2,)


def test_n6_handling_that_broke_off_is_passed_on_by_reconciliation(
    shop: Webhooked, sql: Sql
) -> None:
    update = text_message(5, "hello", 1)
    sql.execute(
        "INSERT INTO telegram_updates (bot_id, update_id, body) VALUES (123456, 1, %s)",
        [json.dumps(update)],
    )
    payments = shop.here.payments
    assert isinstance(payments, LivePayments)
    payments.reconcile(request_id="r")

    assert shop.waiting() == 1


def test_n6_the_worker_passes_on(shop: Webhooked, bot: Receiver) -> None:
    worker = Worker(shop.here)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        shop.tell(text_message(5, "hello", 1))
        eventually(lambda: bot.told and shop.waiting() == 0)
    finally:
        worker.stop()
        thread.join()

    assert [words(told) for told in bot.told] == ["hello"]


@pytest.mark.parametrize(
    ("told", "chat"),
    [
        ({"message": {"chat": {"id": -100}, "from": {"id": 5}}}, "-100"),
        ({"edited_message": {"chat": {"id": 5}}}, "5"),
        ({"callback_query": {"from": {"id": 5}, "message": {"chat": {"id": -100}}}}, "-100"),
        ({"callback_query": {"from": {"id": 5}, "inline_message_id": "x"}}, "5"),
        ({"inline_query": {"from": {"id": 5}}}, "5"),
        ({"subscription": {"user": {"id": 5}}}, "5"),
        ({"my_chat_member": {"chat": {"id": 5}, "from": {"id": 6}}}, "5"),
        ({"poll": {"id": "x"}}, ""),
        ({"message": 5}, ""),
        ({"message": {"chat": {"id": "5"}, "from": 5}}, ""),
        ({"callback_query": {"message": 5}}, ""),
        ({}, ""),
    ],
)
def test_n6_an_update_belongs_to_its_chat(told: dict[str, Any], chat: str) -> None:
    assert chat_of(json.dumps({"update_id": 1, **told})) == chat


@pytest.mark.parametrize(
    ("attempts", "retry_after", "seconds"),
    [(1, None, 1), (2, None, 2), (7, None, 60), (900, None, 60), (1, 120.0, 120), (1, 1e9, 3600)],
)
def test_n6_pauses_grow_as_telegrams_do(
    attempts: int, retry_after: float | None, seconds: int
) -> None:
    outcome = Outcome(status=503, error="x", retry_after=retry_after)
    assert forwarding.next_pause(attempts, outcome) == timedelta(seconds=seconds)


def test_n6_without_a_bot_nothing_is_put_on_its_way(make_app: MakeApp) -> None:
    shop = Webhooked(make_app(**LIVE))
    shop.tell(text_message(5, "hello", 1))

    assert shop.waiting() == 0
