"""N6: the shop may decline at a checkout, and anything but its clear yes declines."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness.constants import LIVE
from harness.receiver import Receiver, Reply, Told
from harness.types import Logged, MakeApp, Sql
from harness.updates import checkout
from harness.webhooked import BUYER, ITEM, Webhooked
from standardwebhooks.webhooks import Webhook

from stars.live import consent

SECRET = "whsec_" + "c2VjcmV0" * 4
YES: Reply = (200, {}, b'{"ok": true}')
LOCKS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
        AND backend_type = 'client backend'
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The shop's backend, which says yes until a test says otherwise."""
    receiver = Receiver()
    receiver.answer = lambda _told: YES
    yield receiver
    receiver.close()


@pytest.fixture
def shop(make_app: MakeApp, receiver: Receiver, sql: Sql) -> Webhooked:
    """A live service that asks the shop, and an invoice `p1` that its buyer may pay."""
    asked = {"pre_checkout_url": receiver.url, "pre_checkout_secret": SECRET}
    shop = Webhooked(make_app(**LIVE | asked))
    sql.execute(ITEM)
    shop.offer("p1")
    return shop


def outcomes(sql: Sql) -> list[str]:
    """What came of the updates, oldest first."""
    rows = sql.execute("SELECT outcome FROM telegram_updates ORDER BY received_at").fetchall()
    return [outcome for (outcome,) in rows]


def test_n6_a_yes_of_the_shop_approves(shop: Webhooked, receiver: Receiver, sql: Sql) -> None:
    answer = shop.tell(checkout(BUYER, "p1", language="ru"))

    assert answer.json is not None
    assert answer.json["ok"] is True
    assert outcomes(sql) == ["approved"]
    [told] = receiver.told
    asked = Webhook(SECRET).verify(told.body, told.headers)
    assert asked["type"] == "purchase.pre_checkout"
    assert asked["data"]["purchase_id"] == "p1"
    assert asked["data"]["user_id"] == str(BUYER)
    assert asked["data"]["price_stars"] == 50
    assert asked["data"]["language_code"] == "ru"


def test_n6_the_same_query_has_the_same_id(shop: Webhooked, receiver: Receiver) -> None:
    update = checkout(BUYER, "p1")
    for _ in range(2):
        shop.tell(update)

    query_id = update["pre_checkout_query"]["id"]
    assert {told.headers["webhook-id"] for told in receiver.told} == {f"checkout_{query_id}"}


def test_n6_what_we_decline_ourselves_the_shop_is_not_asked(
    shop: Webhooked, receiver: Receiver
) -> None:
    for update in (checkout(BUYER, "p1", total_amount=49), checkout(BUYER, "of-another-shop")):
        answer = shop.tell(update).json
        assert answer is not None
        assert answer["ok"] is False
    assert receiver.told == []


def test_n6_a_no_of_the_shop_declines_with_its_words(
    shop: Webhooked, receiver: Receiver, sql: Sql
) -> None:
    no = {"ok": False, "message": "Распродано \U0001f622"}
    receiver.answer = lambda _told: (200, {}, json.dumps(no).encode())

    answer = shop.tell(checkout(BUYER, "p1")).json

    assert answer is not None
    assert (answer["ok"], answer["error_message"]) == (False, "Распродано \U0001f622")
    assert outcomes(sql) == ["declined_by_shop"]


def test_n6_after_a_no_the_purchase_is_reserved_for_nobody(
    shop: Webhooked, receiver: Receiver
) -> None:
    receiver.answer = lambda _told: (200, {}, b'{"ok": false}')
    first = shop.tell(checkout(BUYER, "p1")).json
    receiver.answer = lambda _told: YES
    second = shop.tell(checkout(BUYER, "p1")).json

    assert first is not None
    assert second is not None
    assert (first["ok"], second["ok"]) == (False, True)
    assert "cannot sell this to you" in first["error_message"]


UNCLEAR: dict[str, Reply] = {
    "error": (500, {}, b'{"ok": true}'),
    "not found": (404, {}, b'{"ok": true}'),
    "redirect": (302, {"Location": "/yes"}, b'{"ok": true}'),
    "nothing": (204, {}, b""),
    "no JSON": (200, {}, b"ok"),
    "no object": (200, {}, b"[true]"),
    "no word": (200, {}, b'{"message": "well"}'),
    "a number": (200, {}, b'{"ok": 1}'),
    "a text": (200, {}, b'{"ok": "true"}'),
    "null": (200, {}, b'{"ok": null}'),
    "deep": (200, {}, b"[" * 100_000),
    "long": (200, {}, b'{"ok": true, "x": "' + b"x" * 5000 + b'"}'),
}


@pytest.mark.parametrize("reply", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_n6_what_is_no_clear_yes_declines_in_the_buyers_language(
    shop: Webhooked, receiver: Receiver, sql: Sql, reply: Reply
) -> None:
    receiver.answer = lambda _told: reply
    english = shop.tell(checkout(BUYER, "p1")).json
    russian = shop.tell(checkout(BUYER, "p1", language="ru")).json

    assert english is not None
    assert russian is not None
    assert english["error_message"].startswith("The shop could not confirm this purchase.")
    assert russian["error_message"].startswith("Магазин не смог подтвердить покупку.")
    assert outcomes(sql) == ["shop_silent"] * 2


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("x" * 500, "x" * consent.MAX_WORDS),
        ("a\0b", "a?b"),
        ("\ud800", "?"),
        (5, "The shop cannot sell this to you now. Nothing was charged."),
    ],
    ids=["long", "NUL", "surrogate", "number"],
)
def test_n6_odd_words_of_the_shop_do_no_harm(
    shop: Webhooked, receiver: Receiver, words: object, shown: str
) -> None:
    no = {"ok": False, "message": words}
    receiver.answer = lambda _told: (200, {}, json.dumps(no).encode())

    answer = shop.tell(checkout(BUYER, "p1")).json

    assert answer is not None
    assert (answer["ok"], answer["error_message"]) == (False, shown)


def test_n6_a_shop_that_says_nothing_is_not_waited_for(
    shop: Webhooked, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, sql: Sql, logged: Logged
) -> None:
    monkeypatch.setattr(consent, "SECONDS", 0.2)
    said = in_silence(receiver)

    answer = shop.tell(checkout(BUYER, "p1")).json
    said()

    assert answer is not None
    assert answer["ok"] is False
    assert outcomes(sql) == ["shop_silent"]
    [line] = logged("pre_checkout_declined_by_shop")
    assert "did not answer within" in line["reason"]


def in_silence(receiver: Receiver) -> Callable[[], None]:
    """Have the shop say nothing until what is returned is called."""
    may_speak = threading.Event()

    def wait(_told: Told) -> Reply:
        may_speak.wait(60)
        return YES

    receiver.answer = wait
    return may_speak.set


def test_n6_nothing_is_locked_and_no_transaction_open_while_the_shop_is_asked(
    shop: Webhooked, receiver: Receiver, sql: Sql
) -> None:
    seen: list[Any] = []

    def look(_told: Told) -> Reply:
        seen.append(sql.execute(LOCKS).fetchone())
        sql.execute("SELECT FROM purchases WHERE purchase_id = 'p1' FOR UPDATE NOWAIT")
        return YES

    receiver.answer = look
    answer = shop.tell(checkout(BUYER, "p1")).json

    assert answer is not None
    assert answer["ok"] is True
    assert seen == [(0,)]


def test_n6_the_shop_is_not_asked_inside_our_own_network(
    make_app: MakeApp, receiver: Receiver, sql: Sql
) -> None:
    asked = {"pre_checkout_url": receiver.url, "pre_checkout_secret": SECRET}
    shop = Webhooked(make_app(**LIVE | asked, app_env="staging"))
    sql.execute(ITEM)
    shop.offer("p1")

    answer = shop.tell(checkout(BUYER, "p1")).json

    assert answer is not None
    assert answer["ok"] is False
    assert receiver.told == []
