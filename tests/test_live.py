"""L1-L11, L14: real Stars, over HTTP between gunicorn, PostgreSQL and the simulator; test_reconcile.py has L12."""

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest
import requests
from harness.constants import API, BOT_TOKEN, ROOT, SWORD, WEBHOOK_SECRET
from harness.live import ITEMS, Buyer, Shop, live_app, open_shop
from harness.people import person, statuses
from harness.servers import clean_environment, free_port
from harness.simulator import listening
from harness.updates import checkout, message, new_id
from harness.waiting import eventually, race, together
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from stars.database.queries import queries
from stars.domain import purchases
from stars.domain.types import Order
from stars.live import refunds
from stars.live.telegram import Telegram, TelegramError
from stars.simulator.__main__ import Silent


@pytest.fixture(scope="module")
def whole_shop(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One for all tests here: each has buyers and purchases of its own."""
    with open_shop(server, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def shop(whole_shop: Shop) -> Iterator[Shop]:
    """The shop with no fault armed, and after the test nothing in it may contradict itself."""
    yield whole_shop
    whole_shop.clear_faults()
    assert whole_shop.wrong() == []


@pytest.fixture
def buyer(shop: Shop) -> Buyer:
    return shop.buyer()


@pytest.fixture
def console(shop: Shop) -> Callable[..., Any]:
    return shop.run


# The whole way


def test_l1_a_purchase_is_paid_and_known_to_be_so(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    made = buyer.invoice(purchase_id, source="shop")
    assert (made.status_code, made.json()["status"]) == (201, "pending")
    assert re.fullmatch(r"http://[\d.:]+/\$[\w-]{22}", made.json()["pay_url"])
    again = buyer.invoice(purchase_id, source="shop")
    assert (again.status_code, again.json(), again.headers["Idempotent-Replayed"]) == (
        200,
        made.json(),
        "true",
    )

    waiting = buyer.get(purchase_id)
    assert (
        waiting.json()["status"],
        waiting.headers["Retry-After"],
        waiting.headers["Cache-Control"],
    ) == ("pending", "1", "no-store")
    assert buyer.pay(made.json()["pay_url"])["status"] == "paid"

    paid = buyer.get(purchase_id)
    assert (
        paid.json()["status"],
        paid.headers["Cache-Control"],
        "Retry-After" in paid.headers,
    ) == ("succeeded", "no-store", False)
    assert buyer.call("POST", "", {"purchase_id": purchase_id}).json() == paid.json()
    created, succeeded = buyer.events(purchase_id)
    assert (created["event_type"], succeeded["event_type"]) == (
        "purchase_invoice_created",
        "purchase_succeeded",
    )
    assert succeeded["payload"]["previous_status"] == "pending"
    assert succeeded["payload"]["telegram_payment_charge_id"].startswith("stx")
    assert buyer.stars() == 9950


def test_l1_asked_before_it_is_paid_nothing_completes_it(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    for body in (
        {"purchase_id": purchase_id},
        {"purchase_id": purchase_id, **SWORD, "metadata": {"paid": True}},
    ):
        assert buyer.call("POST", "", body).json()["status"] == "pending"
    assert shop.buyer().call("POST", "", {"purchase_id": purchase_id}).status_code == 409
    assert buyer.history(purchase_id) == ["purchase_invoice_created"]


# L2 the catalogue


def test_l2_item_price_and_type_are_those_of_the_catalogue(shop: Shop, buyer: Buyer) -> None:
    for item in ("no-such-item", "old-hat"):
        refused = buyer.invoice("unmade", item_id=item, price_stars=5)
        assert (refused.status_code, refused.json()["error"]) == (422, "item_not_for_sale")
    for fields, mismatched in (
        ({"price_stars": 1}, ["price_stars"]),
        ({"purchase_type": "boost"}, ["purchase_type"]),
        ({"price_stars": 1, "purchase_type": "boost"}, ["price_stars", "purchase_type"]),
    ):
        refused = buyer.invoice("unmade", **fields)
        assert (refused.status_code, refused.json()["mismatched"]) == (409, mismatched)
    assert buyer.get("unmade").status_code == 404

    purchase_id = new_id()
    body = {
        "purchase_id": purchase_id,
        "item_id": "treasure",
        "price_stars": 2500,
    }  # its type is left to the catalogue
    assert buyer.call("POST", "/invoice", body).status_code == 201
    assert buyer.get(purchase_id).json()["purchase_type"] == "stars_pack"
    offer = next(one for one in shop.sim.look("links") if one["payload"] == purchase_id)
    assert {name: offer[name] for name in ("title", "description", "amount", "photo_url")} == {
        "title": "Treasure \U0001f4b0",
        "description": "A lot",
        "amount": 2500,
        "photo_url": ITEMS[1]["photo_url"],
    }


def test_l2_what_was_invoiced_stays_payable_and_is_not_reopened_at_an_old_price(
    shop: Shop, buyer: Buyer
) -> None:
    one = {"item_id": "seasonal", "title": "Seasonal", "description": "For now", "price_stars": 5}
    importing = {
        "items": json.dumps(
            [{"purchase_type": "unknown", "photo_url": None, "active": True, **one}]
        )
    }
    import_items = shop.app.extensions["stars"].db.fetch_one
    import_items(queries.import_items, **importing)
    first, second = new_id(), new_id()
    body = {"item_id": "seasonal", "price_stars": 5, "purchase_type": "unknown"}
    link = buyer.link(first, **body)
    buyer.link(second, **body)
    assert shop.run("purchase", "fail", second).exit_code == 0
    import_items(
        queries.import_items,
        items=importing["items"].replace('"price_stars": 5', '"price_stars": 6'),
    )

    assert buyer.invoice(first, **body).json()["pay_url"] == link
    assert buyer.invoice(second, **body).json()["mismatched"] == ["price_stars"]
    assert (
        shop.run("items", "deactivate", "seasonal").stdout == "seasonal is not for sale any more.\n"
    )
    assert buyer.invoice(second, **body).json()["error"] == "item_not_for_sale"
    assert (buyer.pay(link)["status"], buyer.status(first), buyer.status(second)) == (
        "paid",
        "succeeded",
        "failed",
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"title": "x" * 33}, "title"),
        ({"title": ""}, "title"),
        ({"title": " "}, "title"),
        ({"title": "a\nb\0"}, "title"),
        ({"title": "\U0001f4b0" * 17}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"description": "x" * 256}, "description"),
        ({"description": None}, "description"),
        ({"price_stars": 0}, "price_stars"),
        ({"price_stars": 100_001}, "price_stars"),
        ({"price_stars": "5"}, "price_stars"),
        ({"price_stars": 5.5}, "price_stars"),
        ({"purchase_type": "x"}, "purchase_type"),
        ({"photo_url": "javascript:alert(1)"}, "photo_url"),
        ({"item_id": "a b"}, "item_id"),
        ({"colour": "red"}, "colour"),
        ({"active": "yes"}, "active"),
    ],
)
def test_l2_an_item_that_telegram_would_refuse_is_not_imported(
    shop: Shop, tmp_path: Any, wrong: dict[str, Any], why: str
) -> None:
    sound = {"item_id": "sound", "title": "Sound", "description": "Sound", "price_stars": 5}
    (tmp_path / "items.json").write_text(json.dumps([sound, sound | {"item_id": "wrong"} | wrong]))
    refused = shop.run("items", "import", str(tmp_path / "items.json"))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"item 1  {why}: " in refused.stderr
    assert "sound" not in shop.run("items", "list").stdout


def test_l2_importing_says_what_is_new_and_what_changed(shop: Shop, tmp_path: Any) -> None:
    path = tmp_path / "items.json"

    def imported(*items: Any) -> Any:
        path.write_text(json.dumps(items))
        return shop.run("items", "import", str(path))

    one = {
        "item_id": "import-1",
        "title": "x" * 32,
        "description": "\u00e9" * 255,
        "price_stars": 100_000,
    }
    two = {**one, "item_id": "import-2", "active": False, "photo_url": "https://shop.example/2.png"}
    assert imported(one, two).stdout == "2 new, 0 changed, 0 as they were.\n"
    assert imported(one, two | {"title": "Two"}).stdout == "0 new, 1 changed, 1 as they were.\n"
    found = {
        item["item_id"]: item for item in json.loads(shop.run("items", "list", "--json").stdout)
    }
    assert found["import-2"] == {"purchase_type": "unknown", **two, "title": "Two"}
    assert "import-1, import-2 is there" in imported(one, one, two, two).stderr
    for document in ("{}", "[1]", "nonsense", '"x"'):
        path.write_text(document)
        assert shop.run("items", "import", str(path)).exit_code == 1
    assert shop.run("items", "deactivate", "no-such").exit_code == 1
    assert shop.run("items", "import", str(tmp_path / "none.json")).exit_code == 2


def test_l2_the_mock_enforces_a_filled_catalogue_just_the_same(
    make_app: Callable[..., Any], sql: Any
) -> None:
    alice = person(make_app(), "alice")
    assert (
        alice.purchase("p1", item_id="anything", price_stars=7).status_code == 200
    )  # empty: everything goes
    alice.invoice("p2", item_id="anything", price_stars=7)
    sql.execute(
        "INSERT INTO items VALUES ('golden-sword', 'Sword', 'Sharp', 50, 'cosmetic', NULL, true)"
    )
    for call in (alice.invoice, alice.purchase):
        assert call("p3", item_id="anything", price_stars=7).json["error"] == "item_not_for_sale"
        assert call("p3", **SWORD | {"price_stars": 7}).json["mismatched"] == ["price_stars"]
    assert alice.get("p3").status_code == 404
    assert (
        alice.purchase("p3", item_id="golden-sword", price_stars=50).json["purchase_type"]
        == "cosmetic"
    )
    assert alice.purchase("p2").json["status"] == "succeeded"  # invoiced before


# L3 the invoice and its link


def test_l3_one_link_however_many_ask_at_once(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    answers = together(*[lambda: buyer.invoice(purchase_id)] * 12)
    assert set(statuses(answers)) <= {200, 201}
    assert statuses(answers).count(201) == 1
    assert len({answer.json()["pay_url"] for answer in answers}) == 1
    assert buyer.history(purchase_id) == ["purchase_invoice_created"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "500", "times": None},
        {"kind": "429", "times": None, "retry_after": 30},
        {"kind": "timeout", "times": None, "seconds": 0},
        {"kind": "lost_answer", "times": None, "status": 502},
    ],
    ids=lambda fault: fault["kind"],
)
def test_l3_without_telegram_the_purchase_waits_for_its_link(
    shop: Shop, buyer: Buyer, fault: dict[str, Any]
) -> None:
    purchase_id = new_id()
    shop.sim.fault(**fault, match={"method": "createInvoiceLink", "payload": purchase_id})
    refused = buyer.invoice(purchase_id)
    assert (refused.status_code, refused.json()["error"]) == (503, "telegram_unavailable")
    assert refused.headers["Retry-After"] == ("30" if fault["kind"] == "429" else "5")
    assert (buyer.get(purchase_id).json()["status"], buyer.get(purchase_id).json()["pay_url"]) == (
        "pending",
        None,
    )

    shop.clear_faults()
    again = buyer.invoice(purchase_id)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert buyer.pay(again.json()["pay_url"])["status"] == "paid"
    assert buyer.history(purchase_id) == ["purchase_invoice_created", "purchase_succeeded"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "500", "times": 2},
        {"kind": "429", "retry_after": 1},
        {"kind": "timeout", "times": 2, "seconds": 0},
        {"kind": "lost_answer", "times": 1},
    ],
    ids=lambda fault: fault["kind"],
)
def test_l3_a_short_trouble_of_telegram_is_not_the_buyers(
    shop: Shop, buyer: Buyer, fault: dict[str, Any]
) -> None:
    purchase_id = new_id()
    shop.sim.fault(**fault, match={"method": "createInvoiceLink", "payload": purchase_id})
    assert buyer.invoice(purchase_id).status_code == 201


def test_l3_no_lock_is_held_while_telegram_is_asked(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    shop.sim.fault(
        "timeout", seconds=3, match={"method": "createInvoiceLink", "payload": purchase_id}
    )
    asking = threading.Thread(target=buyer.invoice, args=[purchase_id])
    asking.start()
    eventually(
        lambda: shop.sql.execute(
            "SELECT 1 FROM purchases WHERE purchase_id = %s", [purchase_id]
        ).fetchone()
    )
    shop.sql.execute(
        "SELECT FROM purchases WHERE purchase_id = %s FOR UPDATE NOWAIT", [purchase_id]
    )
    open_transactions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < now()"
    assert shop.sql.execute(open_transactions).fetchone() == (0,)
    assert asking.is_alive()
    asking.join()


# L4 the client


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


# L5 the webhook


def count(shop: Shop) -> tuple[int, int, int]:
    return shop.count("telegram_updates"), shop.count("charges"), shop.count("events")


@pytest.mark.parametrize(
    "secret", [None, "", "x", "w" * 31, "w" * 33, "W" * 32, "w" * 31 + "\u00e9"]
)
def test_l5_without_the_secret_nothing_is_even_kept(
    shop: Shop, buyer: Buyer, secret: str | None
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    before = count(shop)
    for update in (
        message(buyer.id, purchase_id, "forged"),
        checkout(buyer.id, purchase_id),
        b"nonsense",
        b"",
    ):
        header = None if secret is None else secret.encode().decode("latin-1")
        refused = shop.update(
            update, secret=header, **{"X-Forwarded-For": "149.154.167.220", **buyer.headers}
        )
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
    assert count(shop) == before
    assert buyer.status(purchase_id) == "pending"


def test_l5_the_secret_is_compared_in_constant_time_and_fails_closed(
    monkeypatch: pytest.MonkeyPatch, url: str, make_app: Callable[..., Any]
) -> None:
    import hmac

    compared: list[Any] = []
    monkeypatch.setattr(
        hmac, "compare_digest", lambda *both: compared.append(both) or both[0] == both[1]
    )
    for secret in (WEBHOOK_SECRET, None, ""):
        app = make_app(mode="live", telegram_bot_token=BOT_TOKEN, telegram_webhook_secret=secret)
        for sent in (
            {},
            {"X-Telegram-Bot-Api-Secret-Token": ""},
            {"X-Telegram-Bot-Api-Secret-Token": "None"},
        ):
            assert (
                app.test_client()
                .post(f"{API}/webhook", json={"update_id": 1}, headers=sent)
                .status_code
                == 401
            )
    assert len(compared) == 3


BROKEN = {
    "no object": b"[1]",
    "a number": b"5",
    "no number": b'{"update_id": "7", "message": {}}',
    "empty": b"{}",
    "a huge number": b'{"update_id": 99999999999999999999999999}',
    "thousands of digits": b'{"update_id": ' + b"9" * 5000 + b"}",
    "negative": b'{"update_id": -1}',
    "true": b'{"update_id": true}',
    "fraction": b'{"update_id": 1.5}',
    "null": b"null",
    "deep": b'{"update_id": 1, "x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "surrogate": b'{"x": "\\ud800\\u0000"}',
    "message": b'{"update_id": 77, "message": 5}',
    "key twice": b'{"update_id": -2, "update_id": -3}',
    "payment": b'{"update_id": 78, "message": {"successful_payment": 5}}',
    "checkout": b'{"update_id": 79, "pre_checkout_query": 5}',
    "large": b'{"update_id": -4, "message": {"text": "' + b"x" * 200_000 + b'"}}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_l5_a_broken_update_is_kept_as_it_came_and_blocks_nobody(shop: Shop, body: bytes) -> None:
    accepted = shop.update(body)
    assert accepted.status_code == 200
    kept = "SELECT outcome FROM telegram_updates WHERE body = %s"
    assert shop.sql.execute(kept, [body.decode()]).fetchone()[0] in ("malformed", "ignored")
    if b"pre_checkout" in body:
        assert accepted.json()["ok"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"nonsense", 400),
        (b'{"update_id": 1', 400),
        (b"\xff", 400),
        (b'{"x": "\0"}', 400),
        (b'{"x": "' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
def test_l5_what_is_no_update_at_all_is_refused(shop: Shop, body: bytes, status: int) -> None:
    before = count(shop)
    assert shop.update(body).status_code == status
    assert count(shop) == before


def test_l5_other_updates_are_kept_and_ignored(shop: Shop) -> None:
    update = {
        "update_id": 5_000_000,
        "message": {"message_id": 1, "chat": {"id": 1}, "text": "[" * 4000},
    }
    for _ in range(2):
        assert shop.update(update).json() == {"status": "accepted"}
    kept = "SELECT outcome, body FROM telegram_updates WHERE update_id = 5000000"
    assert shop.sql.execute(kept).fetchall() == [("ignored", json.dumps(update))]


# L6 before the payment

TERMS = {
    "approved": {},
    "wrong_currency": {"currency": "USD"},
    "wrong_amount": {"total_amount": 49},
    "unknown_purchase": {"invoice_payload": "no-such"},
}


@pytest.mark.parametrize(("decision", "terms"), TERMS.items(), ids=TERMS.keys())
def test_l6_a_pre_checkout_is_approved_only_if_it_fits(
    shop: Shop, buyer: Buyer, decision: str, terms: Any
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = checkout(buyer.id, purchase_id, **terms)
    begun = time.monotonic()
    answer = shop.update(update).json()
    assert time.monotonic() - begun < 1
    assert (answer["method"], answer["pre_checkout_query_id"], answer["ok"]) == (
        "answerPreCheckoutQuery",
        update["pre_checkout_query"]["id"],
        decision == "approved",
    )
    assert ("error_message" in answer) == (decision != "approved")
    kept = "SELECT outcome FROM telegram_updates WHERE update_id = %s"
    assert shop.sql.execute(kept, [update["update_id"]]).fetchone() == (decision,)
    assert buyer.history(purchase_id) == ["purchase_invoice_created"]


def test_l6_a_link_that_went_round_is_paid_by_its_owner_once(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    stranger = shop.buyer(language="ru")
    declined = stranger.pay(link)
    assert (declined["status"], "другому человеку" in declined["reason"], stranger.stars()) == (
        "failed",
        True,
        10_000,
    )
    assert buyer.pay(link)["status"] == "paid"
    again = buyer.pay(link)
    assert (again["status"], "paid already" in again["reason"], buyer.stars()) == (
        "failed",
        True,
        9950,
    )
    assert shop.charges(purchase_id) == [("settled", False)]


def test_l6_what_was_marked_failed_is_not_paid_until_it_is_reopened(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    shop.run("purchase", "fail", purchase_id)
    assert "start the purchase again" in buyer.pay(link)["reason"]
    assert buyer.link(purchase_id) == link
    assert buyer.pay(link)["status"] == "paid"
    assert buyer.history(purchase_id) == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_invoice_reopened",
        "purchase_succeeded",
    ]


@pytest.mark.parametrize("field", ["id", "from", "currency", "total_amount", "invoice_payload"])
@pytest.mark.parametrize("value", [None, "50", 5.0, True, [], {}, -1, 2**63, 10**30, "\0", ...])
def test_l6_a_query_that_cannot_be_read_is_not_approved(
    shop: Shop, buyer: Buyer, field: str, value: Any
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = checkout(buyer.id, purchase_id)
    query = update["pre_checkout_query"]
    if value is ...:
        del query[field]
    else:
        query[field] = value
    answer = shop.update(update)
    if (field, value) == ("id", "50"):
        assert answer.json()["ok"] is True  # that is an id
    else:
        assert (answer.status_code, answer.json()["ok"]) == (200, False)


@pytest.mark.parametrize("language", ["en", "ru", "ru-RU", "de", None, 5])
def test_l6_without_the_database_it_is_declined_and_payments_come_again(
    url: str, language: Any
) -> None:
    app = live_app("postgresql://postgres@127.0.0.1:1/none", "http://127.0.0.1:1")
    secret = {"X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET}
    client = app.test_client()
    answer = client.post(
        f"{API}/webhook", json=checkout(42, "p1", language=language), headers=secret
    )
    assert (answer.status_code, answer.json["ok"]) == (200, False)
    assert ("попробуйте" in answer.json["error_message"]) == str(language).startswith("ru")
    later = client.post(f"{API}/webhook", json=message(42, "p1", "c1"), headers=secret)
    assert (later.status_code, later.json["error"]) == (503, "database_unavailable")
    app.extensions["stars"].db.close()


def test_l6_a_pre_checkout_waits_for_the_payment_that_is_being_settled(
    shop: Shop, buyer: Buyer
) -> None:
    """Otherwise the second one of a double click would be approved, charged, and have to go back."""
    purchase_id = new_id()
    buyer.link(purchase_id)
    hold = f"SELECT 1 FROM purchases WHERE purchase_id = '{purchase_id}' FOR UPDATE"
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with psycopg.connect(shop.url) as holder:
        holder.execute(hold.encode())

        def settle() -> None:
            eventually(lambda: shop.sql.execute(waiting).fetchone() == (2,))
            holder.rollback()

        paid, asked, _ = together(
            lambda: shop.update(message(buyer.id, purchase_id, f"c-{purchase_id}")),
            lambda: shop.update(checkout(buyer.id, purchase_id)),
            settle,
        )
    assert paid.status_code == 200
    assert asked.json()["ok"] in (True, False)  # whoever was first
    assert buyer.status(purchase_id) == "succeeded"
    assert shop.update(checkout(buyer.id, purchase_id)).json()["ok"] is False


# L7 the payment


def test_l7_a_payment_told_of_many_times_at_once_settles_once(shop: Shop, buyer: Buyer) -> None:
    purchase_id, charge = new_id(), f"c{new_id()}"
    buyer.link(purchase_id)
    same = message(buyer.id, purchase_id, charge)
    updates = [same] * 10 + [
        message(buyer.id, purchase_id, charge) for _ in range(10)
    ]  # repeats, and the same as new
    answers = together(*[lambda update=update: shop.update(update) for update in updates])
    assert statuses(answers) == [200] * 20
    assert buyer.history(purchase_id) == ["purchase_invoice_created", "purchase_succeeded"]
    assert shop.charges(purchase_id) == [("settled", False)]


def test_l7_of_two_charges_at_once_one_settles_and_one_goes_back(shop: Shop, buyer: Buyer) -> None:
    """Held at the purchase's lock, so that both judge while neither is done."""
    purchase_id = new_id()
    buyer.link(purchase_id)
    acts = [
        lambda number=number: shop.update(
            message(buyer.id, purchase_id, f"c{number}-{purchase_id}")
        )
        for number in range(4)
    ]
    hold = f"SELECT 1 FROM purchases WHERE purchase_id = '{purchase_id}' FOR UPDATE"
    assert statuses(race(shop.url, hold, *acts)) == [200] * 4
    assert sorted(shop.charges(purchase_id)) == [("already_paid", False)] * 3 + [("settled", False)]
    assert sorted(buyer.history(purchase_id)) == [
        "purchase_invoice_created",
        *["purchase_payment_refused"] * 3,
        "purchase_succeeded",
    ]
    queued = "SELECT count(*) FROM refunds JOIN charges USING (telegram_payment_charge_id) WHERE purchase_id = %s"
    assert shop.sql.execute(queued, [purchase_id]).fetchone() == (3,)


def test_l7_the_charge_the_change_and_the_event_are_one_transaction(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = new_id()
    buyer.pay(buyer.link(purchase_id))
    rows = """SELECT count(DISTINCT x::text) FROM (SELECT xmin FROM purchases WHERE purchase_id = %(id)s
        UNION ALL SELECT xmin FROM charges WHERE purchase_id = %(id)s
        UNION ALL SELECT xmin FROM events WHERE purchase_id = %(id)s AND version = 2) AS its (x)"""
    assert shop.sql.execute(rows, {"id": purchase_id}).fetchone() == (1,)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("duplicate", {"times": 3}),
        ("concurrent", {"copies": 6}),
        ("forged_secret", {}),
        ("delay", {"seconds": 0.3}),
        ("reorder", {"seconds": 0.3}),
    ],
)
@pytest.mark.parametrize("update", ["successful_payment", "pre_checkout_query"])
def test_l7_however_it_is_delivered_it_is_paid_once(
    shop: Shop, buyer: Buyer, kind: str, more: dict[str, Any], update: str
) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    shop.sim.fault(kind, match={"payload": purchase_id, "update": update}, **more)
    assert buyer.pay(link)["status"] == "paid"
    shop.sim.push(2)
    assert buyer.history(purchase_id) == ["purchase_invoice_created", "purchase_succeeded"]
    assert shop.charges(purchase_id) == [("settled", False)]
    assert buyer.stars() == 9950


def test_l7_a_failed_purchase_that_is_paid_after_all_has_succeeded(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    shop.run("purchase", "fail", purchase_id)
    shop.update(message(buyer.id, purchase_id, f"c-{purchase_id}"))
    assert buyer.events(purchase_id)[-1]["payload"]["previous_status"] == "failed"
    assert buyer.status(purchase_id) == "succeeded"


# L8 charges that do not fit

MISFITS = {
    "wrong_amount": {"amount": 49},
    "wrong_currency": {"currency": "USD"},
    "huge": {"amount": 2**52},
    "wrong_payer": {"user": 424242},
    "already_paid": {},
}


@pytest.mark.parametrize(("why", "terms"), MISFITS.items(), ids=MISFITS.keys())
def test_l8_a_charge_that_does_not_fit_is_recorded_refused_and_queued(
    shop: Shop, buyer: Buyer, why: str, terms: dict[str, Any]
) -> None:
    purchase_id, charge = new_id(), f"c{new_id()}"
    link = buyer.link(purchase_id)
    if why == "already_paid":
        buyer.pay(link)
    before = buyer.get(purchase_id).json()
    told = {"user": buyer.id, "purchase_id": purchase_id, "charge": charge} | terms
    for _ in range(2):
        assert shop.update(message(**told)).status_code == 200
    reason = "wrong_amount" if why == "huge" else why
    assert buyer.get(purchase_id).json() == before
    assert shop.charges(purchase_id)[-1] == (reason, False)
    event = buyer.events(purchase_id)[-1]
    assert (
        event["event_type"],
        event["payload"]["reason"],
        event["payload"]["telegram_payment_charge_id"],
    ) == ("purchase_payment_refused", reason, charge)
    assert [one["event_type"] for one in buyer.events(purchase_id)].count(
        "purchase_payment_refused"
    ) == 1
    queued = "SELECT attempts, done_at FROM refunds WHERE telegram_payment_charge_id = %s"
    assert shop.sql.execute(queued, [charge]).fetchall() == [(0, None)]
    if why != "already_paid":
        assert buyer.pay(link)["status"] == "paid"  # the right payment still gets through


@pytest.mark.parametrize(
    "payload", ["no-such", "", "a b", "x" * 128, "\0", "\u043f" * 64, "'; DROP TABLE charges; --"]
)
def test_l8_a_charge_for_nothing_known_is_recorded_and_queued(
    shop: Shop, buyer: Buyer, payload: str
) -> None:
    charge = f"c{new_id()}"
    assert shop.update(message(buyer.id, payload, charge)).status_code == 200
    found = (
        "SELECT verdict, purchase_id, requested_at IS NOT NULL FROM charges LEFT JOIN refunds USING \
        (telegram_payment_charge_id) WHERE telegram_payment_charge_id = %s"
    )
    assert shop.sql.execute(found, [charge]).fetchone() == ("unknown_purchase", None, True)


def test_l8_a_mock_purchase_is_nothing_known_to_real_money(shop: Shop, buyer: Buyer) -> None:
    purchase_id, charge = new_id(), f"c{new_id()}"
    purchases.create_invoice(
        shop.app.extensions["stars"].db,
        purchase_id=purchase_id,
        owner=str(buyer.id),
        mode="mock",
        order=Order(**SWORD),
        request_id="r",
        pay_url="x",
    )
    assert shop.update(checkout(buyer.id, purchase_id)).json()["ok"] is False
    shop.update(message(buyer.id, purchase_id, charge))
    assert shop.charges(purchase_id) == [("unknown_purchase", False)]
    row = "SELECT status, version FROM purchases WHERE purchase_id = %s"
    assert shop.sql.execute(row, [purchase_id]).fetchone() == ("pending", 1)
    assert buyer.invoice(purchase_id).json()["error"] == "purchase_conflict"
    assert buyer.get(purchase_id).status_code == 404


@pytest.mark.parametrize(
    "field", ["currency", "total_amount", "invoice_payload", "telegram_payment_charge_id", "from"]
)
@pytest.mark.parametrize("value", [None, 5, 5.0, True, [], {}, -1, 2**63, 10**40, "", "a b", ...])
def test_l8_a_payment_that_cannot_be_read_settles_nothing(
    shop: Shop, buyer: Buyer, field: str, value: Any
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = message(buyer.id, purchase_id, f"c-{purchase_id}", amount=50)
    told = update["message"] if field == "from" else update["message"]["successful_payment"]
    if value is ...:
        del told[field]
    else:
        told[field] = value
    assert shop.update(update).status_code == 200
    assert buyer.status(purchase_id) == "pending"


# L9 what went back


def test_l9_a_refund_made_elsewhere_marks_the_purchase(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    charge = buyer.pay(buyer.link(purchase_id))["charge"]
    shop.sim.ask("refundStarPayment", user_id=buyer.id, telegram_payment_charge_id=charge)
    shop.sim.quiet()
    assert buyer.history(purchase_id) == [
        "purchase_invoice_created",
        "purchase_succeeded",
        "purchase_refunded",
    ]
    assert (buyer.status(purchase_id), buyer.stars()) == ("refunded", 10_000)
    assert buyer.invoice(purchase_id).json()["status"] == "refunded"  # final
    assert buyer.invoice(purchase_id).status_code == 200
    assert shop.update(checkout(buyer.id, purchase_id)).json()["ok"] is False
    assert shop.run("purchase", "fail", purchase_id).exit_code == 0  # changes nothing
    assert buyer.status(purchase_id) == "refunded"


def test_l9_a_refund_told_of_many_times_at_once_is_one(shop: Shop, buyer: Buyer) -> None:
    purchase_id, charge = new_id(), f"c{new_id()}"
    buyer.link(purchase_id)
    shop.update(message(buyer.id, purchase_id, charge))
    acts = [
        lambda: shop.update(message(buyer.id, purchase_id, charge, kind="refunded_payment"))
    ] * 4
    hold = f"SELECT 1 FROM purchases WHERE purchase_id = '{purchase_id}' FOR UPDATE"
    assert statuses(race(shop.url, hold, *acts)) == [200] * 4
    assert buyer.history(purchase_id) == [
        "purchase_invoice_created",
        "purchase_succeeded",
        "purchase_refunded",
    ]


def test_l9_a_refund_that_overtakes_its_payment_leaves_the_purchase_unpaid(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id, charge = new_id(), f"c{new_id()}"
    link = buyer.link(purchase_id)
    shop.update(message(buyer.id, purchase_id, charge, kind="refunded_payment"))
    shop.update(message(buyer.id, purchase_id, charge))
    assert (buyer.status(purchase_id), shop.charges(purchase_id)) == (
        "pending",
        [("refunded_first", True)],
    )
    assert buyer.events(purchase_id)[-1]["payload"]["reason"] == "refunded_first"
    assert buyer.pay(link)["status"] == "paid"


def test_l9_payment_and_refund_at_once_end_the_same_way(shop: Shop, buyer: Buyer) -> None:
    for _ in range(6):
        purchase_id, charge = new_id(), f"c{new_id()}"
        buyer.link(purchase_id)
        together(
            *[
                lambda kind=kind, its=purchase_id, charge=charge: shop.update(
                    message(buyer.id, its, charge, kind=kind)
                )
                for kind in ("successful_payment", "refunded_payment") * 2
            ]
        )
        assert (buyer.status(purchase_id), shop.charges(purchase_id)) in (
            ("pending", [("refunded_first", True)]),
            ("refunded", [("settled", True)]),
        )


# L10 refunds of ours


def paid(buyer: Buyer) -> str:
    purchase_id = new_id()
    assert buyer.pay(buyer.link(purchase_id))["status"] == "paid"
    return purchase_id


def test_l10_a_refund_gives_the_stars_back_once_however_often_it_is_asked_for(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = paid(buyer)
    here = shop.app.extensions["stars"]
    together(
        *[
            lambda: refunds.refund_purchase(
                here.db, here.payments.telegram, purchase_id=purchase_id, request_id="r"
            )
        ]
        * 4
    )
    again = shop.run("purchase", "refund", purchase_id, "--json")
    assert (again.exit_code, json.loads(again.stdout)["status"]) == (0, "refunded")
    shop.sim.quiet()
    assert buyer.history(purchase_id) == [
        "purchase_invoice_created",
        "purchase_succeeded",
        "purchase_refunded",
    ]
    assert (buyer.stars(), len(shop.sim.journal("refund", payload=purchase_id))) == (10_000, 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "lost_answer", "times": 3},
        {"kind": "timeout", "times": 3, "seconds": 0},
        {"kind": "500", "times": 3},
        {"kind": "balance_too_low"},
        {"kind": "429", "retry_after": 60},
        {"kind": "already_refunded"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_l10_a_refund_whose_outcome_is_unknown_is_asked_for_again(
    shop: Shop, buyer: Buyer, fault: dict[str, Any]
) -> None:
    purchase_id = paid(buyer)
    shop.sim.fault(**fault, match={"method": "refundStarPayment", "user": buyer.id})
    shop.sim.fault("drop", times=None, match={"update": "refunded_payment", "user": buyer.id})
    first = shop.run("purchase", "refund", purchase_id)
    if fault["kind"] == "already_refunded":
        assert first.exit_code == 0
    else:
        assert (first.exit_code, "queued, not done yet" in first.stderr) == (1, True)
        assert (
            buyer.status(purchase_id) == "succeeded"
        )  # nothing is said to be back that may not be
        assert shop.run("purchase", "refund", purchase_id).exit_code == 0
    assert (buyer.status(purchase_id), buyer.stars()) == ("refunded", 10_000)
    assert len(shop.sim.journal("refund", payload=purchase_id)) == 1


def test_l10_what_was_not_paid_is_not_refunded(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    refused = shop.run("purchase", "refund", purchase_id)
    assert (
        refused.exit_code,
        "No Stars were kept for this live purchase, which is pending" in refused.stderr,
    ) == (1, True)
    assert "There is no purchase" in shop.run("purchase", "refund", "unknown").stderr
    assert shop.run("purchase", "refund", "a b").exit_code == 2


def test_l10_the_console_offers_the_refund_of_a_live_purchase_alone(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = paid(buyer)
    client = shop.app.test_client()
    address = f"/console/purchases/{purchase_id}"
    page = client.get(address).text
    assert 'value="refund"' in page
    assert 'value="fail"' not in page
    assert client.post(address, data={"action": "fail"}).status_code == 400
    assert (
        client.post(
            address, data={"action": "refund"}, headers={"Origin": "https://evil.example"}
        ).status_code
        == 403
    )
    assert client.post(address, data={"action": "refund"}).status_code == 303
    assert (buyer.status(purchase_id), buyer.stars()) == ("refunded", 10_000)
    assert 'name="action"' not in client.get(address).text
    assert "purchase_refunded" in client.get(address).text


def test_l10_a_refund_is_a_thing_of_live_mode(make_app: Callable[..., Any]) -> None:
    runner = make_app().test_cli_runner()
    for words in (
        ["purchase", "refund", "p1"],
        ["telegram", "reconcile"],
        ["telegram", "check"],
        ["telegram", "webhook", "set"],
        ["telegram", "webhook", "info"],
        ["telegram", "webhook", "delete"],
    ):
        refused = runner.invoke(args=words)
        assert (refused.exit_code, "live mode" in refused.stderr) == (1, True)


def test_l10_the_funnel_counts_a_purchase_whatever_went_back_later(
    shop: Shop, buyer: Buyer
) -> None:
    def completed() -> int:
        return int(json.loads(shop.run("funnel", "--json").stdout)["total"]["completed"])

    before = completed()
    refunded, paid_twice = paid(buyer), paid(buyer)
    shop.run("purchase", "refund", refunded)
    shop.update(message(buyer.id, paid_twice, f"c-{paid_twice}"))
    assert buyer.history(paid_twice)[-1] == "purchase_payment_refused"
    assert completed() == before + 2


# L11 the webhook's console, and secrets


def test_l11_the_webhook_is_set_looked_at_and_checked(server: str, tmp_path: Any) -> None:
    with open_shop(server, tmp_path) as shop:
        assert shop.run("telegram", "check").stdout == "Live payments can be taken.\n"
        info = json.loads(shop.run("telegram", "webhook", "info", "--json").stdout)
        assert (info["url"], sorted(info["allowed_updates"])) == (
            f"{shop.address}{API}/webhook",
            ["message", "pre_checkout_query"],
        )

        def found() -> str:
            told = shop.run("telegram", "check", "--json")
            assert told.exit_code == 1
            return " ".join(f"{one['problem']}: {one['cure']}" for one in json.loads(told.stdout))

        shop.sim.ask(
            "setWebhook",
            url=f"{shop.address}{API}/webhook",
            secret_token="another-secret-of-24-letters",
            allowed_updates=["message"],
        )
        assert "does not send pre_checkout_query: flask telegram webhook set" in found()
        buyer = shop.buyer()
        assert buyer.pay(buyer.link(new_id()), wait=0.2)["status"] == "pending"
        shop.sim.ask(
            "setWebhook",
            url=f"{shop.address}{API}/webhook",
            secret_token="another-secret-of-24-letters",
            allowed_updates=["message", "pre_checkout_query"],
        )
        buyer.pay(buyer.link(new_id()), wait=0.2)
        eventually(lambda: "401 UNAUTHORIZED: the secret differs" in found())
        assert "updates are waiting" in found()
        shop.run("telegram", "webhook", "delete")
        assert "the webhook is not set, not http" in found()
        shop.sql.execute("UPDATE items SET active = false")
        assert "nothing is for sale: flask items import" in found()
        shop.sim.fault("500", times=None)
        assert "look at TELEGRAM_API_URL" in found()
        with_another = live_app(
            shop.url, shop.sim.address, telegram_bot_token="123456:" + "x" * 35
        ).test_cli_runner()
        shop.clear_faults()
        assert "@BotFather" in with_another.invoke(args=["telegram", "check"]).stdout
        without_url = (
            live_app(shop.url, shop.sim.address)
            .test_cli_runner()
            .invoke(args=["telegram", "webhook", "set"])
        )
        assert (without_url.exit_code, "PUBLIC_URL" in without_url.stderr) == (1, True)


def test_l11_no_secret_is_in_a_log_line_whatever_telegram_does(server: str, tmp_path: Any) -> None:
    with open_shop(server, tmp_path, LOG_LEVEL="DEBUG") as shop:
        buyer = shop.buyer()
        buyer.pay(buyer.link(new_id()))
        told = []
        for fault in ("500", "timeout", "429", "lost_answer"):
            shop.sim.fault(fault, times=3, match={"method": "createInvoiceLink"}, seconds=0)
            told.append(buyer.invoice(new_id()).text)
            shop.clear_faults()
        told.append(shop.update(message(buyer.id, "x", "c"), secret="wrong").text)
        output = (tmp_path / "log").read_text()
        assert '"message": "telegram_unavailable"' in output
        for secret in (
            BOT_TOKEN,
            BOT_TOKEN.partition(":")[2],
            WEBHOOK_SECRET,
            buyer.headers["Authorization"],
        ):
            assert secret not in output
            assert not any(secret in one for one in told)
        settings = shop.app.extensions["stars"].settings
        assert BOT_TOKEN not in repr(settings)
        assert WEBHOOK_SECRET not in repr(settings)


# L14 the rehearsal


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_l14_one_command_rehearses_the_whole_of_it(tmp_path: Any, sig: signal.Signals) -> None:
    """As a person does it: open the shop, buy, pay where the simulator sells, look."""
    port = free_port()
    said = tmp_path / "said"
    with said.open("wb") as output:
        rehearsal = subprocess.Popen(
            ["flask", "--app", str(ROOT / "app.py"), "rehearse", "--port", str(port)],
            cwd=tmp_path,
            env=clean_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(
            lambda: rehearsal.poll() is not None or "1. the shop" in said.read_text(), within=60
        )
        shop, launch = re.search(
            r"the shop +(\S+)/mock/demo#tgWebAppData=(\S+)", said.read_text()
        ).groups()
        assert "data-item" in requests.get(f"{shop}/mock/demo", timeout=5).text
        assert (
            "initData: launched" in requests.get(f"{shop}/mock/telegram-web-app.js", timeout=5).text
        )
        headers = {"Authorization": f"tma {unquote(launch)}"}
        body = {"purchase_id": "p1", "item_id": "golden-sword", "price_stars": 50}
        link = requests.post(f"{shop}{API}/invoice", json=body, headers=headers, timeout=10).json()[
            "pay_url"
        ]
        assert requests.post(link, data={"user": 1001, "pay": ""}, timeout=30).status_code == 200
        look = f"{shop}{API}/p1"
        eventually(
            lambda: requests.get(look, headers=headers, timeout=5).json()["status"] == "succeeded"
        )
        assert "p1" in requests.get(f"{shop}/console", timeout=5).text
    finally:
        rehearsal.send_signal(sig)
        rehearsal.wait(40)
    for gone in (port, port + 1):
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{gone}/", timeout=5)


@pytest.mark.parametrize(
    "settings",
    [
        {"app_env": "staging"},
        {"telegram_api_url": "https://api.telegram.org"},
        {"mode": "off"},
        {"telegram_api_url": "https://localhost.example"},
    ],
)
def test_l14_no_rehearsal_where_it_may_be_real(
    make_app: Callable[..., Any], settings: dict[str, Any]
) -> None:
    live = {
        "mode": "live",
        "telegram_bot_token": BOT_TOKEN,
        "telegram_webhook_secret": WEBHOOK_SECRET,
        "telegram_api_url": "http://127.0.0.1:1",
    }
    app = make_app(**live | settings)
    assert app.test_client().get("/mock/demo").status_code == 404
    assert "Telegram's own business" in app.test_client().get("/mock/telegram-web-app.js").text


def test_l14_a_rehearsal_is_for_development(tmp_path: Any) -> None:
    refused = subprocess.run(
        ["flask", "--app", str(ROOT / "app.py"), "rehearse"],
        cwd=tmp_path,
        capture_output=True,
        env=clean_environment(APP_ENV="staging"),
        text=True,
        timeout=30,
        check=False,
    )
    assert (refused.returncode, refused.stderr) == (
        1,
        "Error: A rehearsal is for development: unset APP_ENV.\n",
    )
