"""The simulator alone: each rule of Telegram's that it keeps, and each fault, over real HTTP."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from conftest import ROOT, clean_environment, eventually, together
from init_data_py import validate_by_hash
from simulated import PRICES, SECRET, SWORD, TOKEN, Hook, Sim, approve, kind_of, simulator, webhook

from stars.simulator.settings import Settings

TOO_LATE = "Bad Request: query is too old and response timeout expired or query ID is invalid"


@pytest.fixture
def sim() -> Iterator[Sim]:
    with simulator() as sim:
        yield sim


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook() as hook:
        yield hook


@pytest.fixture
def shop(sim: Sim, hook: Hook) -> Sim:
    """A bot whose webhook approves everything."""
    sim.hook(hook)
    return sim


# The Bot API: addresses, arguments, envelopes


def raw(sim: Sim, path: str, method: str = "GET", **how: Any) -> tuple[int, Any]:
    answer = requests.request(method, sim.address + path, timeout=10, **how)
    return answer.status_code, answer.json()


def test_arguments_come_as_query_form_multipart_and_json_and_methods_in_any_case(sim: Sim) -> None:
    args, path = SWORD | {"prices": PRICES}, f"/bot{TOKEN}/CREATEinvoiceLINK"
    answers = [
        raw(sim, path, params=args), raw(sim, path, "POST", data=args),
        raw(sim, path, "POST", files={name: (None, value) for name, value in args.items()}),
        raw(sim, path, "POST", json=args | {"prices": json.loads(PRICES)}),
        raw(sim, path, "POST", json=args), raw(sim, path, "POST", params=SWORD, data={"prices": PRICES}),
    ]
    assert all(status == 200 and body["ok"] for status, body in answers)
    assert len({body["result"] for _, body in answers}) == 6
    assert {line["description"] for line in sim.look("links")} == {"Sharp"}


def test_every_well_shaped_token_is_a_bot_of_its_own(sim: Sim) -> None:
    other = Sim(sim.address, "777:" + "x" * 35)
    assert (sim.ask("getMe")["id"], other.ask("getMe")["id"]) == (123456, 777)
    assert sim.ask("getMe")["is_bot"] is True
    status, body = raw(sim, f"/bot{TOKEN}/test/getMe")
    assert (status, body["result"]["id"]) == (200, 123456)
    assert [bot["bot"] for bot in sim.look("bots")] == ["123456", "777", "123456/test"]


@pytest.mark.parametrize(("path", "status", "description"), [
    (f"/bot{TOKEN}/getNothing", 404, "Not Found: method not found"),
    (f"/bot{TOKEN}/", 404, "Not Found"),
    ("/botnonsense/getMe", 404, "Not Found"),
    ("/bot123456:short/getMe", 401, "Unauthorized"),
    (f"/bot{TOKEN[:-1]}X/getMe", 401, "Unauthorized"),
])
def test_a_wrong_address_is_refused_in_telegrams_words(sim: Sim, path: str, status: int, description: str) -> None:
    sim.ask("getMe")
    assert raw(sim, path) == (status, {"ok": False, "error_code": status, "description": description})


def test_a_body_that_is_no_json_object_holds_no_arguments(sim: Sim) -> None:
    for body in (b"{", b"[1]", b"\xff", b""):
        how = {"data": body, "headers": {"Content-Type": "application/json"}}
        status, answer = raw(sim, f"/bot{TOKEN}/createInvoiceLink", "POST", **how)
        assert (status, answer["description"]) == (400, 'Bad Request: parameter "title" is required')


# Invoices


@pytest.mark.parametrize(("change", "description"), [
    *(({name: ""}, f'parameter "{name}" is required') for name in ("title", "description", "payload", "currency", "prices")),
    ({"prices": "["}, "can't parse prices JSON object"),
    ({"prices": "[5]"}, "can't parse prices JSON object"),
    ({"prices": '[{"label": "x", "amount": 1.5}]'}, "can't parse prices JSON object"),
    ({"prices": '[{"label": "x", "amount": 1}, {"label": "y", "amount": 1}]'}, "STARS_INVOICE_INVALID"),
    ({"prices": "[]"}, "STARS_INVOICE_INVALID"),
    ({"prices": '[{"label": "x", "amount": 0}]'}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
    ({"prices": '[{"label": "x", "amount": 100001}]'}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
    ({"currency": "USD"}, "PAYMENT_PROVIDER_INVALID"),
    ({"title": "x" * 33}, "INVOICE_TITLE_INVALID"),
    ({"description": "x" * 256}, "INVOICE_DESCRIPTION_INVALID"),
    ({"payload": "я" * 65}, "INVOICE_PAYLOAD_INVALID"),
    ({"subscription_period": 2592000}, "SUBSCRIPTION_PERIOD_INVALID"),
    ({"need_name": True}, "STARS_INVOICE_INVALID"),
    ({"is_flexible": True}, "STARS_INVOICE_INVALID"),
    ({"max_tip_amount": 10}, "STARS_INVOICE_INVALID"),
    ({"provider_token": "1:TEST"}, "STARS_INVOICE_INVALID"),
])
def test_an_invoice_that_stars_do_not_allow_is_refused(sim: Sim, change: dict[str, Any], description: str) -> None:
    answer = sim.call("createInvoiceLink", **SWORD | {"prices": PRICES} | change)
    assert answer == {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
    assert sim.look("links") == []


def test_the_limits_themselves_are_allowed(sim: Sim) -> None:
    sim.link(100_000, title="я" * 32, description="я" * 255, payload="я" * 64, provider_token="", need_name=False)
    sim.link(1)


def test_what_was_only_measured_is_a_setting(sim: Sim) -> None:
    sim.act("settings", max_amount=10, refuse_stray_fields=False, charge_id_length=20)
    sim.link(10, need_name=True)
    assert sim.call("createInvoiceLink", **SWORD, prices=PRICES)["description"].endswith("CURRENCY_TOTAL_AMOUNT_INVALID")
    assert sim.act("settings", max_amount="10")["error"]
    assert sim.act("settings", nonsense=1)["error"]


def test_a_link_leads_to_the_simulator_or_to_where_the_settings_say(sim: Sim) -> None:
    assert re.fullmatch(re.escape(sim.address) + r"/\$[A-Za-z0-9_-]+", sim.link())
    sim.act("settings", link_base="https://t.me")
    assert re.fullmatch(r"https://t\.me/\$[A-Za-z0-9_-]+", sim.link())


def test_both_forms_of_a_link_can_be_opened_and_paid(shop: Sim) -> None:
    link, user = shop.link(), shop.user()
    for form in (link, link.replace("/$", "/invoice/"), link.rpartition("$")[2], link.replace(shop.address, "https://t.me")):
        assert shop.act("open", link=form, user=user)["title"] == "Golden sword"
        assert shop.pay(form, user)["status"] == "paid"
    assert "error" in shop.act("pay", link="https://t.me/$nonsense", user=user)


def test_an_invoice_message_is_paid_like_a_link(shop: Sim) -> None:
    user = shop.user()
    message = shop.ask("sendInvoice", chat_id=user, **SWORD, prices=PRICES)
    assert message["chat"]["id"] == user
    assert message["invoice"]["total_amount"] == 50
    assert shop.pay(shop.look("links")[0]["slug"], user)["status"] == "paid"
    assert shop.call("sendInvoice", chat_id=99, **SWORD, prices=PRICES)["description"] == "Bad Request: chat not found"
    assert shop.call("sendInvoice", **SWORD, prices=PRICES)["description"] == "Bad Request: chat_id is empty"


# A payment


def test_a_payment_is_asked_then_told_in_telegrams_shapes(shop: Sim, hook: Hook) -> None:
    user = shop.user(120, id=2**52 - 1, first_name="Алиса", language_code="ru", username="alice")
    paid = shop.pay(shop.link(), user)

    asked, told = hook.came
    person = {"id": 2**52 - 1, "is_bot": False, "first_name": "Алиса", "username": "alice", "language_code": "ru"}
    query, message = asked["pre_checkout_query"], told["message"]
    assert query == {"id": paid["checkout"], "from": person, "currency": "XTR", "total_amount": 50, "invoice_payload": "order-1"}
    assert message["successful_payment"] == {
        "currency": "XTR", "total_amount": 50, "invoice_payload": "order-1", "telegram_payment_charge_id": paid["charge"],
        "provider_payment_charge_id": message["successful_payment"]["provider_payment_charge_id"],
    }
    assert message["from"] == person
    assert message["chat"] == {"id": 2**52 - 1, "first_name": "Алиса", "username": "alice", "type": "private"}
    assert abs(message["date"] - time.time()) < 60
    assert told["update_id"] == asked["update_id"] + 1
    assert len(paid["charge"]) > 128
    assert paid["status"] == "paid"
    assert (shop.stars(user), shop.balance()) == (70, 50)


def test_a_link_can_be_paid_again_and_by_others(shop: Sim) -> None:
    link, alice, bob = shop.link(), shop.user(), shop.user()
    charges = {shop.pay(link, who)["charge"] for who in (alice, alice, bob)}
    assert len(charges) == 3
    assert (shop.stars(alice), shop.stars(bob), shop.balance()) == (900, 950, 150)


def test_a_declined_buyer_reads_why_and_keeps_the_stars(shop: Sim, hook: Hook) -> None:
    def decline(update: dict[str, Any]) -> Any:
        query = update["pre_checkout_query"]["id"]
        return 200, {}, {"method": "answerPreCheckoutQuery", "pre_checkout_query_id": query, "ok": False, "error_message": "Sold"}

    hook.handler, user = decline, shop.user()
    outcome = shop.pay(shop.link(), user)
    assert (outcome["status"], outcome["reason"], shop.stars(user)) == ("failed", "Sold", 1000)
    assert hook.kinds() == ["pre_checkout_query"]
    assert len(shop.journal("declined")) == 1


def test_too_few_stars_are_refused_before_the_bot_is_asked(shop: Sim, hook: Hook) -> None:
    assert shop.pay(shop.link(), shop.user(49))["reason"] == "BALANCE_TOO_LOW"
    assert hook.came == []


def test_two_checkouts_at_once_cannot_spend_the_same_stars(shop: Sim, hook: Hook) -> None:
    link, user = shop.link(), shop.user(50)
    hook.handler = lambda update: (200, {}, {})
    first, second = (shop.act("pay", link=link, user=user, wait=0)["checkout"] for _ in range(2))
    for query in (first, second):
        assert shop.ask("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True) is True
    assert [one["status"] for one in shop.look("checkouts")] == ["paid", "failed"]
    assert shop.balance() == 50


def test_cancelling_asks_the_bot_nothing(shop: Sim, hook: Hook) -> None:
    assert shop.act("cancel", link=shop.link(), user=shop.user())["status"] == "cancelled"
    assert hook.came == []
    assert len(shop.journal("cancelled")) == 1


def test_the_bot_has_ten_seconds_and_a_late_answer_is_refused(shop: Sim, hook: Hook) -> None:
    hook.handler, user = (lambda update: (200, {}, {})), shop.user()
    query = shop.act("pay", link=shop.link(), user=user, wait=0)["checkout"]
    shop.quiet()
    shop.push(9)
    assert shop.look("checkouts")[0]["status"] == "pending"
    shop.push(1)
    assert shop.look("checkouts")[0]["reason"] == "BOT_PRECHECKOUT_TIMEOUT"
    assert shop.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)["description"] == TOO_LATE
    assert (shop.stars(user), shop.balance()) == (1000, 0)


def test_a_pre_checkout_is_answered_once_and_by_its_own_bot(shop: Sim, hook: Hook) -> None:
    hook.handler = lambda update: (200, {}, {})
    query = shop.act("pay", link=shop.link(), user=shop.user(), wait=0)["checkout"]
    stranger = Sim(shop.address, "777:" + "x" * 35)
    assert stranger.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)["description"] == TOO_LATE
    no_reason = shop.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=False)
    assert no_reason["description"] == 'Bad Request: parameter "error_message" is required'
    assert shop.ask("answerPreCheckoutQuery", pre_checkout_query_id=query, ok="True") is True
    assert shop.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)["description"] == TOO_LATE
    assert shop.balance() == 50
    stranger.session.close()


def test_paying_waits_for_the_outcome(sim: Sim) -> None:
    link, user = sim.link(), sim.user()
    outcome: list[Any] = []
    payer = threading.Thread(target=lambda: outcome.append(requests.post(
        f"{sim.address}/sim/pay", json={"link": link, "user": user}, timeout=30).json()))
    payer.start()
    update = sim.ask("getUpdates", timeout=10)[0]
    assert outcome == []
    sim.ask("answerPreCheckoutQuery", pre_checkout_query_id=update["pre_checkout_query"]["id"], ok=True)
    payer.join(10)
    assert outcome[0]["status"] == "paid"


# Webhooks


def test_the_secret_comes_back_in_its_header(shop: Sim, hook: Hook) -> None:
    shop.pay(shop.link(), shop.user())
    assert hook.secrets == [SECRET, SECRET]
    assert SECRET not in json.dumps(shop.look("journal"))
    shop.ask("setWebhook", url=hook.address)
    shop.pay(shop.link(), shop.user())
    assert hook.secrets[2:] == [None, None]


@pytest.mark.parametrize(("args", "description"), [
    ({"url": "http://"}, "invalid webhook URL specified"),
    ({"url": "ftp://127.0.0.1/"}, "invalid webhook URL specified"),
    ({"url": "http://example.com/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
    ({"url": "https://example.com:8000/"}, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"),
    ({"url": "https://example.com/", "secret_token": "x" * 257}, "secret token is too long"),
    ({"url": "https://example.com/", "secret_token": "no spaces"}, "secret token contains unallowed characters"),
])
def test_a_webhook_that_telegram_refuses_is_refused(sim: Sim, args: dict[str, str], description: str) -> None:
    answer = sim.call("setWebhook", **args)
    assert answer == {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
    assert sim.ask("getWebhookInfo")["url"] == ""


def test_https_alone_is_a_setting(sim: Sim, hook: Hook) -> None:
    assert sim.act("settings", https_only=True)["https_only"]
    assert "HTTPS URL" in sim.call("setWebhook", url=hook.address)["description"]


def test_a_webhook_is_set_told_of_and_deleted(sim: Sim, hook: Hook) -> None:
    assert sim.ask("getWebhookInfo") == {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
    said = [sim.call(*call[:1], **call[1])["description"] for call in (
        ("setWebhook", {"url": hook.address, "allowed_updates": ["message"], "max_connections": 3}),
        ("setWebhook", {"url": hook.address, "max_connections": 3}), ("deleteWebhook", {}), ("setWebhook", {"url": ""}),
    )]
    assert said == ["Webhook was set", "Webhook is already set", "Webhook was deleted", "Webhook is already deleted"]
    sim.ask("setWebhook", url=hook.address)
    assert sim.ask("getWebhookInfo") == {
        "url": hook.address, "has_custom_certificate": False, "pending_update_count": 0, "max_connections": 40,
        "allowed_updates": ["message"],
    }


def test_only_allowed_updates_are_sent_and_the_choice_stays_when_left_out(shop: Sim, hook: Hook) -> None:
    shop.hook(hook, allowed_updates=["pre_checkout_query"])
    shop.hook(hook)
    assert shop.pay(shop.link(), shop.user())["status"] == "paid"
    assert hook.kinds() == ["pre_checkout_query"]
    shop.hook(hook, allowed_updates=[])
    shop.pay(shop.link(), shop.user())
    assert hook.kinds() == ["pre_checkout_query", "pre_checkout_query", "successful_payment"]


def resends(sim: Sim, update: str) -> list[float]:
    """The pauses between the deliveries of the first such update, in whole seconds."""
    times = [line["at"] for line in sim.journal("delivery", update=update)]
    return [round(later - earlier) for earlier, later in zip(times, times[1:], strict=False)]


def test_a_refused_message_is_sent_again_at_once_then_ever_later_up_to_a_cap(shop: Sim, hook: Hook) -> None:
    hook.handler = lambda update: (500, {}, {}) if "message" in update else approve(update)
    shop.pay(shop.link(), shop.user())
    shop.push(300)
    pauses = resends(shop, "successful_payment")
    assert pauses[:6] == [0, 2, 4, 8, 16, 32]
    assert all(60 <= pause <= 120 for pause in pauses[6:])
    assert len(pauses) >= 8
    info = shop.ask("getWebhookInfo")
    assert info["pending_update_count"] == 1
    assert info["last_error_message"] == "Wrong response from the webhook: 500 INTERNAL SERVER ERROR"
    hook.handler = approve
    shop.push(120)
    assert shop.ask("getWebhookInfo")["pending_update_count"] == 0
    assert len({update["update_id"] for update in hook.came if "message" in update}) == 1


def test_retry_after_is_honoured_up_to_an_hour(shop: Sim, hook: Hook) -> None:
    waits = iter(["7", "99999", "0"])
    hook.handler = lambda update: (503, {"Retry-After": next(waits, "")}, {}) if "message" in update else approve(update)
    shop.pay(shop.link(), shop.user())
    shop.push(7 + 3600 + 3)
    assert resends(shop, "successful_payment")[:3] == [7, 3600, 2]


def test_a_message_is_lost_after_a_day_and_a_pre_checkout_after_150_seconds(shop: Sim, hook: Hook) -> None:
    hook.handler, user = (lambda update: (503, {"Retry-After": "3600"}, {}) if "message" in update else approve(update)), shop.user()
    shop.pay(shop.link(), user)
    shop.push(82_000)
    assert shop.journal("update_lost") == []
    shop.push(4000)
    assert [line["update"] for line in shop.journal("update_lost")] == ["successful_payment"]
    assert shop.ask("getWebhookInfo")["pending_update_count"] == 0
    assert shop.ask("getStarTransactions")["transactions"][0]["amount"] == 50

    hook.handler = lambda update: (404, {}, {})
    shop.act("pay", link=shop.link(), user=user, wait=0)
    shop.push(160)
    assert len(resends(shop, "pre_checkout_query")) >= 6
    assert [line["update"] for line in shop.journal("update_lost")] == ["successful_payment", "pre_checkout_query"]


def test_a_webhook_that_is_not_there_is_tried_again(sim: Sim, hook: Hook) -> None:
    sim.ask("setWebhook", url="http://127.0.0.1:9/")
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    sim.quiet()
    assert sim.ask("getWebhookInfo")["last_error_message"]
    assert {line["status"] for line in sim.journal("delivery")} == {None}
    sim.hook(hook)
    sim.push(3)
    assert hook.kinds() == ["pre_checkout_query", "successful_payment"]


def test_an_answer_that_takes_too_long_counts_as_none(sim: Sim, hook: Hook) -> None:
    assert sim.act("settings", webhook_timeout=0.2)["webhook_timeout"] == 0.2
    sim.hook(hook)
    slow, release = iter([True]), threading.Event()
    hook.handler = lambda update: (release.wait(10) and None) or approve(update) if next(slow, False) else approve(update)
    try:
        assert sim.pay(sim.link(), sim.user())["status"] == "paid"
    finally:
        release.set()
    assert sim.journal("delivery")[0]["error"] == "Read timeout expired"


def test_messages_of_a_chat_come_one_at_a_time_and_a_failing_one_blocks_that_buyer_alone(shop: Sim, hook: Hook) -> None:
    alice, bob = shop.user(), shop.user()
    hook.handler = lambda update: (500, {}, {}) if update.get("message", {}).get("chat", {}).get("id") == alice else approve(update)
    for user in (alice, alice, bob):
        assert shop.pay(shop.link(), user)["status"] == "paid"
    messages = [update["message"]["chat"]["id"] for update in hook.came if "message" in update]
    assert bob in messages
    assert len({update["update_id"] for update in hook.came if update.get("message", {}).get("chat", {}).get("id") == alice}) == 1
    hook.handler = approve
    shop.push(60)
    assert shop.ask("getWebhookInfo")["pending_update_count"] == 0


def test_a_payment_can_arrive_before_the_pre_checkouts_handler_has_returned(shop: Sim, hook: Hook) -> None:
    told, order = threading.Event(), []

    def handler(update: dict[str, Any]) -> Any:
        if "pre_checkout_query" in update:
            query = update["pre_checkout_query"]["id"]
            shop.ask("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)
            assert told.wait(10)
        else:
            told.set()
        order.append(kind_of(update))
        return 200, {}, {}

    hook.handler = handler
    shop.pay(shop.link(), shop.user())
    assert order == ["successful_payment", "pre_checkout_query"]


@pytest.mark.parametrize("body", ["not JSON", [], {"method": "getMe"}, {"method": "deleteWebhook"}, {"method": 5}, {"method": ""}])
def test_a_webhooks_answer_that_holds_no_call_is_just_an_answer(shop: Sim, hook: Hook, body: Any) -> None:
    hook.handler = lambda update: (200, {}, body) if "message" in update else approve(update)
    assert shop.pay(shop.link(), shop.user())["status"] == "paid"
    assert shop.ask("getWebhookInfo")["url"] == hook.address
    assert shop.ask("getWebhookInfo")["pending_update_count"] == 0


def test_after_an_idle_week_update_ids_start_anew(shop: Sim, hook: Hook) -> None:
    shop.pay(shop.link(), shop.user())
    shop.push(8 * 86_400)
    shop.pay(shop.link(), shop.user())
    ids = [update["update_id"] for update in hook.came]
    assert ids[1] == ids[0] + 1
    assert ids[2] not in range(ids[1], ids[1] + 100)


# Polling


def test_polling_confirms_by_offset_and_holds_the_line(sim: Sim) -> None:
    assert sim.ask("getUpdates") == []
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    first, second = sim.ask("getUpdates")
    assert sim.ask("getUpdates", limit=1) == [first]
    assert sim.ask("getUpdates", offset=second["update_id"]) == [second]
    assert sim.ask("getUpdates") == [second]
    assert sim.ask("getUpdates", offset=second["update_id"] + 1) == []
    waiting = threading.Timer(0.05, lambda: sim.act("pay", link=sim.link(), user=sim.user(), wait=0))
    waiting.start()
    assert [kind_of(update) for update in Sim(sim.address).ask("getUpdates", timeout=20)] == ["pre_checkout_query"]
    waiting.join()
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    assert len(sim.ask("getUpdates", offset=-1)) == 1
    assert len(sim.ask("getUpdates")) == 1


def test_polling_and_a_webhook_exclude_each_other_and_a_second_poll_ends_the_first(sim: Sim, hook: Hook) -> None:
    answers = together(*[lambda: Sim(sim.address).call("getUpdates", timeout=1) for _ in range(2)])
    assert sorted(answer.get("error_code", 200) for answer in answers) == [200, 409]
    sim.hook(hook)
    refused = sim.call("getUpdates")
    assert refused["error_code"] == 409
    assert "can't use getUpdates method while webhook is active" in refused["description"]


def test_updates_wait_for_a_webhook_or_are_dropped_with_it(sim: Sim, hook: Hook) -> None:
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    assert sim.ask("getWebhookInfo")["pending_update_count"] == 1
    sim.hook(hook)
    sim.quiet()
    assert hook.kinds() == ["pre_checkout_query", "successful_payment"]
    sim.ask("deleteWebhook")
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    sim.hook(hook, drop_pending_updates=True)
    sim.quiet()
    assert len(hook.came) == 2


# Refunds, transactions


def test_a_refund_gives_everything_back_once_under_the_payments_own_id(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.pay(shop.link(30, payload="order-2"), user)
    assert shop.ask("refundStarPayment", user_id=user, telegram_payment_charge_id=charge) is True
    again = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert again == {"ok": False, "error_code": 400, "description": "Bad Request: CHARGE_ALREADY_REFUNDED"}
    assert (shop.stars(user), shop.balance()) == (970, 30)
    shop.quiet()
    told = hook.came[-1]["message"]
    assert told["refunded_payment"]["telegram_payment_charge_id"] == charge
    assert told["refunded_payment"]["invoice_payload"] == "order-1"
    assert told["chat"]["id"] == user

    lines = shop.ask("getStarTransactions")["transactions"]
    assert [(line["id"] == charge, line["amount"], "source" in line, "receiver" in line) for line in lines] == [
        (True, 50, True, False), (False, 30, True, False), (True, 50, False, True),
    ]
    partner = lines[0]["source"]
    assert (partner["type"], partner["transaction_type"], partner["user"]["id"], partner["invoice_payload"]) == (
        "user", "invoice_payment", user, "order-1")
    assert shop.ask("getStarTransactions", offset=1, limit=1)["transactions"] == lines[1:2]
    assert shop.ask("getStarTransactions", offset=3)["transactions"] == []


def test_transactions_come_a_hundred_at_most_the_oldest_first(shop: Sim) -> None:
    link, user = shop.link(1), shop.user()
    for _ in range(101):
        shop.act("pay", link=link, user=user)
    first = shop.ask("getStarTransactions", limit=500)["transactions"]
    rest = shop.ask("getStarTransactions", offset=100)["transactions"]
    assert [line["id"] for line in first + rest] == [one["charge"] for one in shop.look("checkouts")]
    assert len(first) == 100


@pytest.mark.parametrize(("user", "charge", "description"), [
    ("nobody", "", "invalid user_id specified"), (99, "", "user not found"), (1001, "", "CHARGE_ID_EMPTY"),
    (1001, "stxnothing", "CHARGE_ID_INVALID"), (1002, "{charge}", "CHARGE_ID_INVALID"),
])
def test_a_refund_of_something_else_is_refused(shop: Sim, user: Any, charge: str, description: str) -> None:
    payer, _other = shop.user(), shop.user()
    charge = charge.format(charge=shop.pay(shop.link(), payer)["charge"])
    answer = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert answer["description"] == f"Bad Request: {description}"
    assert shop.balance() == 50


def test_a_refund_needs_the_stars_that_the_owner_may_have_withdrawn(shop: Sim) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    assert "error" in shop.act("withdraw", stars=51)
    assert shop.act("withdraw", stars=20) == {"balance": 30}
    refused = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert refused["description"] == "Bad Request: BALANCE_TOO_LOW"
    assert shop.ask("getStarTransactions")["transactions"][-1]["receiver"]["type"] == "fragment"
    assert shop.stars(user) == 950


# Faults of delivery


def test_fault_duplicate_sends_the_same_update_again(shop: Sim, hook: Hook) -> None:
    shop.fault("duplicate", times=2, match={"update": "successful_payment"})
    shop.pay(shop.link(), shop.user())
    shop.push(5)
    assert hook.kinds() == ["pre_checkout_query"] + 3 * ["successful_payment"]
    assert len({update["update_id"] for update in hook.came}) == 2
    assert shop.balance() == 50


def test_fault_drop_loses_the_update_but_not_the_payment(shop: Sim, hook: Hook) -> None:
    shop.fault("drop", match={"update": "successful_payment"})
    assert shop.pay(shop.link(), shop.user())["status"] == "paid"
    assert hook.kinds() == ["pre_checkout_query"]
    assert len(shop.ask("getStarTransactions")["transactions"]) == 1


def test_fault_delay_sends_it_late(shop: Sim, hook: Hook) -> None:
    shop.fault("delay", seconds=100, match={"update": "successful_payment"})
    shop.pay(shop.link(), shop.user())
    assert hook.kinds() == ["pre_checkout_query"]
    shop.push(99)
    assert len(hook.came) == 1
    shop.push(2)
    assert hook.kinds() == ["pre_checkout_query", "successful_payment"]


def test_fault_delay_lets_a_pre_checkout_come_when_it_is_over(shop: Sim, hook: Hook) -> None:
    shop.fault("delay", seconds=11, match={"update": "pre_checkout_query"})
    shop.act("pay", link=shop.link(), user=shop.user(), wait=0)
    shop.push(12)
    assert hook.kinds() == ["pre_checkout_query"]
    assert shop.look("checkouts")[0]["status"] == "failed"
    assert shop.journal("request", method="answerPreCheckoutQuery")[0]["answer"]["description"] == TOO_LATE


def test_fault_reorder_lets_the_next_update_overtake(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    shop.fault("reorder", seconds=3600, match={"update": "successful_payment"})
    shop.pay(shop.link(payload="first"), user)
    assert hook.kinds() == ["pre_checkout_query"]
    shop.pay(shop.link(payload="second"), user)
    told = [update["message"]["successful_payment"]["invoice_payload"] for update in hook.came if "message" in update]
    assert sorted(told) == ["first", "second"]
    ids = [update["update_id"] for update in hook.came]
    assert ids != sorted(ids)


def test_fault_reorder_does_not_wait_for_ever(shop: Sim, hook: Hook) -> None:
    shop.fault("reorder", match={"update": "successful_payment"})
    shop.pay(shop.link(), shop.user())
    shop.push(6)
    assert hook.kinds() == ["pre_checkout_query", "successful_payment"]


def test_fault_concurrent_sends_copies_at_the_same_moment(shop: Sim, hook: Hook) -> None:
    shop.fault("concurrent", copies=3, match={"update": "successful_payment"})
    meeting = threading.Barrier(3, timeout=10)
    hook.handler = lambda update: (200, {}, str(meeting.wait())) if "message" in update else approve(update)
    shop.pay(shop.link(), shop.user())
    assert hook.kinds() == ["pre_checkout_query"] + 3 * ["successful_payment"]


@pytest.mark.parametrize(("options", "secret"), [({}, "not-the-secret"), ({"secret": "x"}, "x"), ({"secret": ""}, None)])
def test_fault_forged_secret_delivers_a_strangers_copy_first(shop: Sim, hook: Hook, options: Any, secret: Any) -> None:
    shop.fault("forged_secret", match={"update": "pre_checkout_query"}, **options)
    assert shop.pay(shop.link(), shop.user())["status"] == "paid"
    assert hook.secrets == [secret, SECRET, SECRET]
    assert [line["forged"] for line in shop.journal("delivery")] == [True, False, False]


# Faults of methods


def test_fault_429_says_how_long_to_wait(sim: Sim) -> None:
    sim.fault("429", retry_after=3, match={"method": "createInvoiceLink"})
    assert sim.call("getMe")["ok"]
    answer = requests.post(f"{sim.address}/bot{TOKEN}/createInvoiceLink", timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert answer.json() == {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 3",
                             "parameters": {"retry_after": 3}}
    assert sim.link()


def test_fault_500_does_nothing(sim: Sim) -> None:
    sim.fault("500", times=2)
    refused = [sim.call("createInvoiceLink", **SWORD, prices=PRICES) for _ in range(2)]
    assert refused[0] == {"ok": False, "error_code": 500, "description": "Internal Server Error"}
    assert sim.look("links") == []
    assert sim.link()


def test_fault_timeout_drops_the_connection_and_nothing_is_done(sim: Sim) -> None:
    sim.fault("timeout", seconds=0)
    with pytest.raises(requests.ConnectionError):
        sim.link()
    assert sim.look("links") == []
    sim.fault("timeout", seconds=3600)
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{sim.address}/bot{TOKEN}/getMe", timeout=0.1)
    assert sim.look("faults")[1]["taken"] == 1


def test_fault_lost_answer_is_carried_out_and_a_refund_asked_again_is_already_refunded(shop: Sim) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.fault("lost_answer", match={"method": "REFUNDSTARPAYMENT", "charge": charge, "user": user})
    with pytest.raises(requests.ConnectionError):
        shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    again = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert again["description"] == "Bad Request: CHARGE_ALREADY_REFUNDED"
    assert (shop.stars(user), shop.balance()) == (1000, 0)


def test_fault_lost_answer_can_be_a_bad_gateway(sim: Sim) -> None:
    sim.fault("lost_answer", status=502)
    answer = requests.post(f"{sim.address}/bot{TOKEN}/createInvoiceLink", data=SWORD | {"prices": PRICES}, timeout=10)
    assert (answer.status_code, answer.json()["error_code"]) == (502, 502)
    assert len(sim.look("links")) == 1


def test_fault_already_refunded_refunds_and_says_so_at_the_first_asking(shop: Sim) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.fault("already_refunded")
    answer = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert answer["description"] == "Bad Request: CHARGE_ALREADY_REFUNDED"
    assert (shop.stars(user), shop.balance()) == (1000, 0)


def test_fault_balance_too_low_refuses_a_refund(shop: Sim) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.fault("balance_too_low", match={"method": "refundStarPayment"})
    answers = [shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge) for _ in range(2)]
    assert [answer.get("description") for answer in answers] == ["Bad Request: BALANCE_TOO_LOW", None]


# Faults of payments


def terms(update: dict[str, Any]) -> tuple[int, str, int]:
    """Amount, currency and who, as an update names them."""
    content = update.get("pre_checkout_query") or update["message"]["successful_payment"]
    return content["total_amount"], content["currency"], update.get("message", content)["from"]["id"]


@pytest.mark.parametrize("stage", ["checkout", "payment"])
def test_faults_of_terms_bend_what_is_asked_or_only_what_is_paid(shop: Sim, hook: Hook, stage: str) -> None:
    user, stranger = shop.user(), shop.user(0)
    shop.fault("wrong_amount", value=7, match={"stage": stage})
    shop.fault("wrong_currency", value="EUR", match={"stage": stage})
    shop.fault("wrong_payer", value=stranger, match={"stage": stage})
    shop.pay(shop.link(), user)
    wrong, right = (7, "EUR", stranger), (50, "XTR", user)
    assert [terms(update) for update in hook.came] == [wrong if stage == "checkout" else right, wrong]
    assert (shop.stars(user), shop.stars(stranger), shop.balance()) == (1000, 0, 7)
    charge = shop.look("checkouts")[0]["charge"]
    assert shop.ask("refundStarPayment", user_id=stranger, telegram_payment_charge_id=charge)
    assert (shop.stars(stranger), shop.balance()) == (7, 0)


def test_faults_of_terms_have_values_of_their_own(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    for kind in ("wrong_amount", "wrong_currency", "wrong_payer"):
        shop.fault(kind)
    shop.pay(shop.link(), user)
    amount, currency, payer = terms(hook.came[1])
    assert (amount, currency) == (51, "USD")
    assert payer != user


def test_fault_unpaid_lets_an_approved_checkout_lead_to_nothing(shop: Sim, hook: Hook) -> None:
    shop.fault("unpaid")
    assert shop.pay(shop.link(), shop.user())["status"] == "failed"
    assert hook.kinds() == ["pre_checkout_query"]
    assert shop.journal("request", method="answerPreCheckoutQuery")[0]["answer"] == {"ok": True, "result": True}


def test_fault_second_payment_pays_the_link_twice_at_once(shop: Sim, hook: Hook) -> None:
    user = shop.user(50)
    shop.fault("second_payment")
    shop.pay(shop.link(), user)
    assert sorted(hook.kinds()) == 2 * ["pre_checkout_query"] + 2 * ["successful_payment"]
    assert shop.balance() == 100
    assert len({one["charge"] for one in shop.look("checkouts")}) == 2


def test_a_chargeback_shows_only_among_the_transactions(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    shop.fault("chargeback", seconds=60)
    charge = shop.pay(shop.link(), user)["charge"]
    shop.push(61)
    by_hand = shop.pay(shop.link(), user)["charge"]
    shop.act("withdraw", stars=50)
    assert shop.act("chargeback", charge=by_hand)["charge"] == by_hand
    assert hook.kinds() == 2 * ["pre_checkout_query", "successful_payment"]
    assert (shop.stars(user), shop.balance()) == (1000, -50)
    lines = shop.ask("getStarTransactions")["transactions"]
    assert [line["id"] for line in lines if "receiver" in line and line["receiver"]["type"] == "user"] == [charge, by_hand]
    again = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert again["description"] == "Bad Request: CHARGE_ALREADY_REFUNDED"


# Arming, the journal, the rest of /sim/


def test_faults_are_armed_matched_counted_listed_and_cleared(sim: Sim) -> None:
    first = sim.fault("500", times=1, match={"method": "getme", "bot": 123456})
    second = sim.fault("500", times=None, match={"bot": "777"})
    assert not sim.call("getMe")["ok"]
    assert sim.call("getMe")["ok"]
    assert [(fault["id"], fault["times"], fault["taken"]) for fault in sim.look("faults")] == [
        (first["id"], 0, 1), (second["id"], None, 0)]
    requests.delete(f"{sim.address}/sim/faults/{first['id']}", timeout=10)
    assert [fault["id"] for fault in sim.look("faults")] == [second["id"]]
    requests.delete(f"{sim.address}/sim/faults", timeout=10)
    assert sim.look("faults") == []


@pytest.mark.parametrize("wrong", [
    {}, {"kind": "nonsense"}, {"kind": "500", "times": 0}, {"kind": "500", "times": True}, {"kind": "500", "match": {"x": 1}},
    {"kind": "500", "match": []}, {"kind": "delay", "seconds": "5"}, {"kind": "delay", "nonsense": 5},
    {"kind": "wrong_amount", "value": "x"}, {"kind": "wrong_amount", "value": 0},
])
def test_a_fault_that_makes_no_sense_is_refused(sim: Sim, wrong: dict[str, Any]) -> None:
    assert "error" in sim.act("faults", **wrong)
    assert sim.look("faults") == []


def test_the_journal_tells_everything_in_order_and_no_token(shop: Sim) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.ask("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    shop.quiet()
    lines = shop.look("journal")
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    told = [line["what"] for line in lines]
    assert told[:4] == ["bot", "request", "user", "request"]
    for what in ("checkout", "update", "delivery", "payment", "refund"):
        assert what in told
    assert TOKEN not in json.dumps(lines)
    assert shop.look("journal", after=len(lines) - 1) == lines[-1:]
    assert shop.look("journal", what="payment", user=user)[0]["charge"] == charge


def test_launch_data_is_signed_for_the_bot(sim: Sim) -> None:
    sim.ask("getMe")
    user = sim.user(first_name="Алиса & Co", language_code="ru")
    launch = sim.act("launch", user=user, start_param="order-1")["init_data"]
    data = validate_by_hash(launch, TOKEN)
    assert data.user is not None
    assert (data.user.id, data.user.first_name, data.user.language_code) == (user, "Алиса & Co", "ru")
    assert dict(parse_qsl(launch))["start_param"] == "order-1"
    assert data.signature
    sim.push(86_400)
    assert abs(validate_by_hash(sim.act("launch", user=user)["init_data"], TOKEN).auth_date - time.time()) < 60
    assert validate_by_hash(sim.act("launch", user=user, auth_date=5)["init_data"], TOKEN, expires_in=None).auth_date == 5


@pytest.mark.parametrize(("path", "body"), [
    ("users", {"stars": "many"}), ("users", {"id": 2**52}), ("users", []), ("pay", {}),
    ("pay", {"user": True}), ("clock", {}), ("clock", {"advance": -1}), ("withdraw", {}), ("chargeback", {}),
    ("launch", {"user": 99}),
])
def test_what_makes_no_sense_is_refused(sim: Sim, path: str, body: Any) -> None:
    answer = requests.post(f"{sim.address}/sim/{path}", json=body, timeout=10)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]


def test_the_same_seed_gives_the_same_ids() -> None:
    found = []
    for _ in range(2):
        with simulator(Settings(seed=7)) as sim, webhook() as hook:
            sim.hook(hook)
            link, charge = sim.link(), sim.pay(sim.link(), sim.user())["charge"]
            found.append((link.rpartition("$")[2], charge, hook.came[0]["update_id"]))
    assert found[0] == found[1]


def test_many_buyers_at_once_leave_every_star_accounted_for(shop: Sim, hook: Hook) -> None:
    link = shop.link()
    users = [shop.user() for _ in range(20)]
    outcomes = together(*[lambda user=user: requests.post(
        f"{shop.address}/sim/pay", json={"link": link, "user": user}, timeout=30).json() for user in users])
    shop.quiet()
    assert {outcome["status"] for outcome in outcomes} == {"paid"}
    assert shop.balance() == 20 * 50
    assert sum(one["stars"] for one in shop.look("users")) == 20 * 950
    assert len(hook.came) == 40


# Pages


def test_a_person_pays_a_link_on_its_page(shop: Sim) -> None:
    link = shop.link(title="<b>Sword</b> & more")
    assert "Nobody here can pay yet" in requests.get(link, timeout=10).text
    back = "/$" + link.rpartition("$")[2]
    page = requests.post(shop.address, data={"first_name": "<i>Al</i>", "stars": "60", "back": back}, timeout=10)
    assert page.url == link
    assert "&lt;b&gt;Sword&lt;/b&gt; &amp; more" in page.text
    assert "&lt;i&gt;Al&lt;/i&gt;" in page.text
    user = shop.look("users")[0]["id"]
    paid = requests.post(link, data={"user": user, "pay": "1"}, timeout=10)
    assert "Paid 50 Stars" in paid.text
    assert "10 left" in paid.text
    poor = requests.post(link.replace("$", "invoice/"), data={"user": user, "pay": "1"}, timeout=10)
    assert "too few Stars" in poor.text
    assert "Cancelled" in requests.post(link, data={"user": user, "cancel": "1"}, timeout=10).text
    assert shop.balance() == 50


def test_the_start_page_shows_what_is_there(shop: Sim) -> None:
    link, user = shop.link(), shop.user(first_name="<script>")
    shop.pay(link, user)
    page = requests.get(shop.address, timeout=10).text
    for shown in (shop.address, "Golden sword", "simulated_123456_bot", "&lt;script&gt;", "successful_payment"):
        assert shown in page
    assert "<script" not in page
    style = requests.get(f"{shop.address}/simulator/style.css", timeout=10)
    assert style.headers["Content-Type"].startswith("text/css")
    assert requests.get(f"{shop.address}/$nonsense", timeout=10).status_code == 404


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com", "/elsewhere"])
def test_the_form_leads_nowhere_else(sim: Sim, back: str) -> None:
    answer = requests.post(sim.address, data={"first_name": "A", "back": back}, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


# The command


def test_the_one_command_says_what_a_bot_needs_and_stops_at_once() -> None:
    command = [sys.executable, "-m", "stars.simulator", "--port", "0", "--link-base", "https://t.me", "--seed", "1"]
    process = subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        banner = "".join(eventually(process.stdout.readline) for _ in range(9))
        address = re.search(r"API address +(http://127\.0\.0\.1:\d+) ", banner)[1]
        token = re.search(r"token +(\S+) ", banner)[1]
        sim = Sim(address, token)
        assert sim.link().startswith("https://t.me/$")
        sim.session.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
