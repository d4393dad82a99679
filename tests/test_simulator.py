"""The simulator alone, over real HTTP: the Bot API, invoices, payments, refunds, /sim/, the pages, the command."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from conftest import ROOT, clean_environment, eventually, together
from init_data_py import validate_by_hash
from simulated import PRICES, SWORD, TOKEN, TOO_LATE, Hook, Sim, approve, simulator, webhook

from stars.simulator.settings import Settings

# The Bot API: addresses, arguments, envelopes


def raw(sim: Sim, path: str, method: str = "GET", **how: Any) -> tuple[int, Any]:
    answer = requests.request(method, sim.address + path, timeout=10, **how)
    return answer.status_code, answer.json()


def test_arguments_come_as_query_form_multipart_and_json_and_methods_in_any_case(sim: Sim) -> None:
    args, path = SWORD | {"prices": PRICES}, f"/bot{TOKEN}/CREATEinvoiceLINK"
    answers = [
        raw(sim, path, params=args),
        raw(sim, path, "POST", data=args),
        raw(sim, path, "POST", files={name: (None, value) for name, value in args.items()}),
        raw(sim, path, "POST", json=args | {"prices": json.loads(PRICES)}),
        raw(sim, path, "POST", json=args),
        raw(sim, path, "POST", params=SWORD, data={"prices": PRICES}),
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


@pytest.mark.parametrize(
    ("path", "status", "description"),
    [
        (f"/bot{TOKEN}/getNothing", 404, "Not Found: method not found"),
        (f"/bot{TOKEN}/", 404, "Not Found"),
        ("/botnonsense/getMe", 404, "Not Found"),
        ("/bot123456:short/getMe", 401, "Unauthorized"),
        (f"/bot{TOKEN[:-1]}X/getMe", 401, "Unauthorized"),
    ],
)
def test_a_wrong_address_is_refused_in_telegrams_words(
    sim: Sim, path: str, status: int, description: str
) -> None:
    sim.ask("getMe")
    assert raw(sim, path) == (
        status,
        {"ok": False, "error_code": status, "description": description},
    )


def test_a_body_that_is_no_json_object_holds_no_arguments(sim: Sim) -> None:
    for body in (b"{", b"[1]", b"\xff", b""):
        how = {"data": body, "headers": {"Content-Type": "application/json"}}
        status, answer = raw(sim, f"/bot{TOKEN}/createInvoiceLink", "POST", **how)
        assert (status, answer["description"]) == (
            400,
            'Bad Request: parameter "title" is required',
        )


# Invoices


@pytest.mark.parametrize(
    ("change", "description"),
    [
        *(
            ({name: ""}, f'parameter "{name}" is required')
            for name in ("title", "description", "payload", "currency", "prices")
        ),
        ({"prices": "["}, "can't parse prices JSON object"),
        ({"prices": "[5]"}, "can't parse prices JSON object"),
        ({"prices": '[{"label": "x", "amount": 1.5}]'}, "can't parse prices JSON object"),
        (
            {"prices": '[{"label": "x", "amount": 1}, {"label": "y", "amount": 1}]'},
            "STARS_INVOICE_INVALID",
        ),
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
    ],
)
def test_an_invoice_that_stars_do_not_allow_is_refused(
    sim: Sim, change: dict[str, Any], description: str
) -> None:
    answer = sim.call("createInvoiceLink", **SWORD | {"prices": PRICES} | change)
    assert answer == {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
    assert sim.look("links") == []


def test_the_limits_themselves_are_allowed(sim: Sim) -> None:
    sim.link(
        100_000,
        title="я" * 32,
        description="я" * 255,
        payload="я" * 64,
        provider_token="",
        need_name=False,
    )
    sim.link(1)


def test_what_was_only_measured_is_a_setting(sim: Sim) -> None:
    sim.act("settings", max_amount=10, refuse_stray_fields=False, charge_id_length=20)
    sim.link(10, need_name=True)
    assert sim.call("createInvoiceLink", **SWORD, prices=PRICES)["description"].endswith(
        "CURRENCY_TOTAL_AMOUNT_INVALID"
    )
    assert sim.act("settings", max_amount="10")["error"]
    assert sim.act("settings", nonsense=1)["error"]


def test_a_link_leads_to_the_simulator_or_to_where_the_settings_say(sim: Sim) -> None:
    assert re.fullmatch(re.escape(sim.address) + r"/\$[A-Za-z0-9_-]+", sim.link())
    sim.act("settings", link_base="https://t.me")
    assert re.fullmatch(r"https://t\.me/\$[A-Za-z0-9_-]+", sim.link())


def test_both_forms_of_a_link_can_be_opened_and_paid(shop: Sim) -> None:
    link, user = shop.link(), shop.user()
    for form in (
        link,
        link.replace("/$", "/invoice/"),
        link.rpartition("$")[2],
        link.replace(shop.address, "https://t.me"),
    ):
        assert shop.act("open", link=form, user=user)["title"] == "Golden sword"
        assert shop.pay(form, user)["status"] == "paid"
    assert "error" in shop.act("pay", link="https://t.me/$nonsense", user=user)


def test_an_invoice_message_is_paid_like_a_link(shop: Sim) -> None:
    user = shop.user()
    message = shop.ask("sendInvoice", chat_id=user, **SWORD, prices=PRICES)
    assert message["chat"]["id"] == user
    assert message["invoice"]["total_amount"] == 50
    assert shop.pay(shop.look("links")[0]["slug"], user)["status"] == "paid"
    assert (
        shop.call("sendInvoice", chat_id=99, **SWORD, prices=PRICES)["description"]
        == "Bad Request: chat not found"
    )
    assert (
        shop.call("sendInvoice", **SWORD, prices=PRICES)["description"]
        == "Bad Request: chat_id is empty"
    )


# A payment


def test_a_payment_is_asked_then_told_in_telegrams_shapes(shop: Sim, hook: Hook) -> None:
    user = shop.user(120, id=2**52 - 1, first_name="Алиса", language_code="ru", username="alice")
    paid = shop.pay(shop.link(), user)

    asked, told = hook.came
    person = {
        "id": 2**52 - 1,
        "is_bot": False,
        "first_name": "Алиса",
        "username": "alice",
        "language_code": "ru",
    }
    query, message = asked["pre_checkout_query"], told["message"]
    terms = {"currency": "XTR", "total_amount": 50, "invoice_payload": "order-1"}
    assert query == {"id": paid["checkout"], "from": person, **terms}
    assert message["successful_payment"].pop("provider_payment_charge_id").startswith(f"{user}_")
    assert message["successful_payment"] == {**terms, "telegram_payment_charge_id": paid["charge"]}
    assert message["from"] == person
    assert message["chat"] == {
        "id": 2**52 - 1,
        "first_name": "Алиса",
        "username": "alice",
        "type": "private",
    }
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
        _, _, yes = approve(update)
        return 200, {}, yes | {"ok": False, "error_message": "Sold"}

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
    assert (
        shop.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)["description"]
        == TOO_LATE
    )
    assert (shop.stars(user), shop.balance()) == (1000, 0)


def test_a_pre_checkout_is_answered_once_and_by_its_own_bot(shop: Sim, hook: Hook) -> None:
    hook.handler = lambda update: (200, {}, {})
    query = shop.act("pay", link=shop.link(), user=shop.user(), wait=0)["checkout"]
    stranger = Sim(shop.address, "777:" + "x" * 35)
    assert (
        stranger.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)["description"]
        == TOO_LATE
    )
    no_reason = shop.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=False)
    assert no_reason["description"] == 'Bad Request: parameter "error_message" is required'
    assert shop.ask("answerPreCheckoutQuery", pre_checkout_query_id=query, ok="True") is True
    assert (
        shop.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)["description"]
        == TOO_LATE
    )
    assert shop.balance() == 50
    stranger.session.close()


def test_paying_waits_for_the_outcome(sim: Sim) -> None:
    link, user = sim.link(), sim.user()
    outcome: list[Any] = []
    payer = threading.Thread(
        target=lambda: outcome.append(
            requests.post(
                f"{sim.address}/sim/pay", json={"link": link, "user": user}, timeout=30
            ).json()
        )
    )
    payer.start()
    update = sim.ask("getUpdates", timeout=10)[0]
    assert outcome == []
    sim.ask(
        "answerPreCheckoutQuery", pre_checkout_query_id=update["pre_checkout_query"]["id"], ok=True
    )
    payer.join(10)
    assert outcome[0]["status"] == "paid"


# Refunds, transactions


def test_a_refund_gives_everything_back_once_under_the_payments_own_id(
    shop: Sim, hook: Hook
) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.pay(shop.link(30, payload="order-2"), user)
    assert shop.ask("refundStarPayment", user_id=user, telegram_payment_charge_id=charge) is True
    again = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert again == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: CHARGE_ALREADY_REFUNDED",
    }
    assert (shop.stars(user), shop.balance()) == (970, 30)
    shop.quiet()
    told = hook.came[-1]["message"]
    assert told["refunded_payment"]["telegram_payment_charge_id"] == charge
    assert told["refunded_payment"]["invoice_payload"] == "order-1"
    assert told["chat"]["id"] == user

    lines = shop.ask("getStarTransactions")["transactions"]
    assert [
        (line["id"] == charge, line["amount"], "source" in line, "receiver" in line)
        for line in lines
    ] == [
        (True, 50, True, False),
        (False, 30, True, False),
        (True, 50, False, True),
    ]
    partner = lines[0]["source"]
    assert (
        partner["type"],
        partner["transaction_type"],
        partner["user"]["id"],
        partner["invoice_payload"],
    ) == ("user", "invoice_payment", user, "order-1")
    assert shop.ask("getStarTransactions", offset=1, limit=1)["transactions"] == lines[1:2]
    assert shop.ask("getStarTransactions", offset=3)["transactions"] == []


def test_transactions_come_a_hundred_at_most_the_oldest_first(shop: Sim) -> None:
    link, user = shop.link(1), shop.user()
    for _ in range(101):
        shop.act("pay", link=link, user=user)
    first = shop.ask("getStarTransactions", limit=500)["transactions"]
    rest = shop.ask("getStarTransactions", offset=100)["transactions"]
    assert [line["id"] for line in first + rest] == [
        one["charge"] for one in shop.look("checkouts")
    ]
    assert len(first) == 100


@pytest.mark.parametrize(
    ("user", "charge", "description"),
    [
        ("nobody", "", "invalid user_id specified"),
        (99, "", "user not found"),
        (1001, "", "CHARGE_ID_EMPTY"),
        (1001, "stxnothing", "CHARGE_ID_INVALID"),
        (1002, "{charge}", "CHARGE_ID_INVALID"),
    ],
)
def test_a_refund_of_something_else_is_refused(
    shop: Sim, user: Any, charge: str, description: str
) -> None:
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


# The rest of /sim/


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
    assert (data.user.id, data.user.first_name, data.user.language_code) == (
        user,
        "Алиса & Co",
        "ru",
    )
    assert dict(parse_qsl(launch))["start_param"] == "order-1"
    assert data.signature
    sim.push(86_400)
    assert (
        abs(
            validate_by_hash(sim.act("launch", user=user)["init_data"], TOKEN).auth_date
            - time.time()
        )
        < 60
    )
    assert (
        validate_by_hash(
            sim.act("launch", user=user, auth_date=5)["init_data"], TOKEN, expires_in=None
        ).auth_date
        == 5
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users", {"stars": "many"}),
        ("users", {"id": 2**52}),
        ("users", []),
        ("pay", {}),
        ("pay", {"user": True}),
        ("clock", {}),
        ("clock", {"advance": -1}),
        ("withdraw", {}),
        ("chargeback", {}),
        ("launch", {"user": 99}),
    ],
)
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
    outcomes = together(
        *[
            lambda user=user: requests.post(
                f"{shop.address}/sim/pay", json={"link": link, "user": user}, timeout=30
            ).json()
            for user in users
        ]
    )
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
    page = requests.post(
        shop.address, data={"first_name": "<i>Al</i>", "stars": "60", "back": back}, timeout=10
    )
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
    for shown in (
        shop.address,
        "Golden sword",
        "simulated_123456_bot",
        "&lt;script&gt;",
        "successful_payment",
    ):
        assert shown in page
    assert "<script" not in page
    style = requests.get(f"{shop.address}/simulator/style.css", timeout=10)
    assert style.headers["Content-Type"].startswith("text/css")
    assert requests.get(f"{shop.address}/$nonsense", timeout=10).status_code == 404


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com", "/elsewhere"])
def test_the_form_leads_nowhere_else(sim: Sim, back: str) -> None:
    answer = requests.post(
        sim.address, data={"first_name": "A", "back": back}, timeout=10, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


# The command


def test_the_one_command_says_what_a_bot_needs_and_stops_at_once() -> None:
    command = [
        sys.executable,
        "-m",
        "stars.simulator",
        "--port",
        "0",
        "--link-base",
        "https://t.me",
        "--seed",
        "1",
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True
    )
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
