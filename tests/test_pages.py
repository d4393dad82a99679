"""G30, G31, G33, G34: what the pages let people do and see, without a browser; test_browser.py has one."""

import re
from base64 import b64encode
from collections.abc import Callable
from itertools import chain
from typing import Any
from urllib.parse import urljoin

import psycopg
import pytest
from harness.constants import API, BOT_TOKEN, SWORD, WEBHOOK_SECRET
from harness.people import Person, person
from itsdangerous import Signer

LIVE = {"mode": "live", "telegram_bot_token": BOT_TOKEN, "telegram_webhook_secret": WEBHOOK_SECRET}
CONSOLE = (
    "/console",
    "/console/purchases/p1",
    "/console/outcomes",
    "/api/v1/analytics/funnel",
    "/console/funnel",
)


def link_of(who: Person, purchase_id: str, **fields: Any) -> str:
    """The pay link of a new invoice, as the test client opens it."""
    return str(who.invoice(purchase_id, **fields).json["pay_url"]).removeprefix("http://localhost")


def press(app: Any, link: str, outcome: str) -> Any:
    """Press a button of the sheet, and be sent on as a browser is."""
    answer = app.test_client().post(link, data={"outcome": outcome})
    return (
        app.test_client().get(urljoin(link, answer.headers["Location"]))
        if answer.status_code == 303
        else answer
    )


@pytest.mark.parametrize(
    ("outcome", "status", "shown", "events"),
    [
        ("paid", "succeeded", "Paid", ["purchase_succeeded"]),
        ("failed", "failed", "The payment failed", ["purchase_failed"]),
        ("cancelled", "pending", "Cancelled: nothing has changed", []),
        ("pending", "pending", "Left pending: nothing has changed", []),
    ],
)
def test_g30_each_button_does_what_it_says(
    app: Any, alice: Person, logged: Any, outcome: str, status: str, shown: str, events: list[str]
) -> None:
    link = link_of(alice, "p1")
    page = press(app, link, outcome)
    assert page.status_code == 200
    assert shown in page.text
    assert f'data-status="{outcome}" data-ended' in page.text
    assert alice.get("p1").json["status"] == status
    assert alice.history("p1") == ["purchase_invoice_created", *events]
    assert [line["message"] for line in logged()][1:] == events


def test_g30_pressing_again_changes_nothing_and_a_failed_one_can_be_paid(
    app: Any, alice: Person, logged: Any
) -> None:
    link = link_of(alice, "p1")
    for outcome in (
        "failed",
        "failed",
        "paid",
        "paid",
        "failed",
    ):  # the last one from a tab left open
        assert press(app, link, outcome).status_code == 200
    assert alice.history("p1") == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_succeeded",
    ]
    assert len(logged("purchase_succeeded_idempotent")) == 1
    assert "Already paid" in app.test_client().get(link).text


def test_g30_a_get_changes_nothing_and_believes_no_address(app: Any, alice: Person) -> None:
    link = link_of(alice, "p1")
    for address in (link, f"{link}?outcome=paid", f"{link}?outcome=nonsense"):
        page = app.test_client().get(address)
        assert page.status_code == 200
        assert "data-ended" not in page.text
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g30_a_guessed_or_altered_link_leads_nowhere(app: Any, alice: Person) -> None:
    link = link_of(alice, "p1")
    other = link_of(alice, "p2")
    last = "A" if link[-2] != "A" else "B"
    guesses = [
        "/mock/pay/p1",
        "/mock/pay/p1.",
        "/mock/pay/.x",
        link.replace("p1", "p2"),
        link[:-2] + last + link[-1],
        link[:-1],
        link.partition(".")[0] + "." + other.partition(".")[2],
        "/mock/pay/" + Signer("guess", salt="mock-pay").sign("p1").decode(),
    ]
    for guess in guesses:
        assert app.test_client().get(guess).status_code == 404, guess
        assert press(app, guess, "paid").status_code == 404, guess
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g30_only_the_four_outcomes_are_known(app: Any, alice: Person) -> None:
    link = link_of(alice, "p1")
    for outcome in ("lost", "", "succeeded"):
        assert press(app, link, outcome).status_code == 422
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g30_a_link_outlives_the_process_that_made_it_and_serves_no_other_key(
    make_app: Callable[..., Any], alice: Person
) -> None:
    link = link_of(alice, "p1")
    assert make_app().test_client().get(link).status_code == 200
    assert (
        make_app(secret_key="another-key-of-another-service").test_client().get(link).status_code
        == 404
    )


@pytest.mark.parametrize("mode", ["live", "off"])
def test_g29_the_mocks_pages_exist_in_mock_mode_alone(
    make_app: Callable[..., Any], alice: Person, mode: str
) -> None:
    link = link_of(alice, "p1")
    app = make_app(**LIVE | {"mode": mode})
    assert app.test_client().get(link).status_code == press(app, link, "paid").status_code == 404
    assert app.test_client().get("/mock/demo").status_code == 404
    script = app.test_client().get("/mock/telegram-web-app.js")
    assert script.status_code == 200
    assert re.sub(r"^//.*$", "", script.text, flags=re.MULTILINE).strip() == ""
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g29_a_live_purchase_cannot_be_paid_on_a_page(
    app: Any, make_app: Callable[..., Any], alice: Person, sql: psycopg.Connection[Any]
) -> None:
    """Nor failed or reopened, even where its link is known and the same database serves a mock."""
    link = link_of(alice, "p1")
    sql.execute("UPDATE purchases SET mode = 'live'")
    assert press(app, link, "paid").status_code in (404, 409)
    for action in ("complete", "fail", "reopen"):
        assert (
            app.test_client().post("/console/purchases/p1", data={"action": action}).status_code
            == 404
        )
    page = make_app(**LIVE).test_client().get("/console/purchases/p1").text
    assert "<button" not in page
    live = make_app(**LIVE).test_client().post("/console/purchases/p1", data={"action": "complete"})
    assert live.status_code in (400, 404)
    assert sql.execute("SELECT status FROM purchases").fetchall() == [("pending",)]


def test_g31_the_payment_is_framed_by_the_front_ends_alone_and_runs_nothing_inline(
    make_app: Callable[..., Any], alice: Person
) -> None:
    link = link_of(alice, "p1")
    for origins, framed_by in (
        ((), "'self'"),
        (
            ("https://shop.example", "http://localhost:5173"),
            "'self' https://shop.example http://localhost:5173",
        ),
        (("*",), "'self' *"),
    ):
        page = make_app(cors_origins=origins).test_client().get(link)
        policy = dict(
            rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; ")
        )
        assert policy["frame-ancestors"] == framed_by
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert not re.search(r"<script>|<style|\son\w+=|\sstyle=|https?://", page.text)
    assert (
        "frame-ancestors 'none'"
        in make_app().test_client().get("/console").headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize(
    ("language", "pay"),
    [
        ("ru", "Оплатить"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "Оплатить"),
        ("en", "Pay"),
        ("de, en;q=0.5", "Pay"),
        ("de", "Pay"),
    ],
)
def test_the_payment_speaks_english_and_russian(
    app: Any, alice: Person, language: str, pay: str
) -> None:
    page = app.test_client().get(link_of(alice, "p1"), headers={"Accept-Language": language}).text
    assert pay in page
    assert f'<html lang="{"ru" if pay == "Оплатить" else "en"}">' in page


@pytest.mark.parametrize(
    ("price", "english", "russian"),
    [
        (1, "1 Star<", "1 звезда<"),
        (2, "2 Stars<", "2 звезды<"),
        (5, "5 Stars<", "5 звёзд<"),
        (11, "11 Stars<", "11 звёзд<"),
        (12, "12 Stars<", "12 звёзд<"),
        (21, "21 Stars<", "21 звезда<"),
        (22, "22 Stars<", "22 звезды<"),
        (111, "111 Stars<", "111 звёзд<"),
        (112, "112 Stars<", "112 звёзд<"),
    ],
)
def test_stars_are_counted_as_each_language_does(
    app: Any, alice: Person, price: int, english: str, russian: str
) -> None:
    link = link_of(alice, "p1", price_stars=price)
    for language, words in (("en", english), ("ru", russian)):
        assert words in app.test_client().get(link, headers={"Accept-Language": language}).text


def basic(password: str, user: str = "anybody") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize("path", CONSOLE)
def test_g33_the_console_asks_for_its_password(
    make_app: Callable[..., Any], alice: Person, path: str
) -> None:
    alice.invoice("p1")
    client = make_app(console_password="пароль and more", app_env="staging").test_client()
    for headers in (
        {},
        basic("wrong"),
        basic(""),
        basic("пароль and mor"),
        {"Authorization": "Basic ???"},
        {"Authorization": "Bearer пароль and more".encode().decode("latin-1")},
    ):
        refused = client.get(path, headers=headers)
        assert (refused.status_code, "golden-sword" in refused.text) == (401, False)
        assert refused.headers["WWW-Authenticate"].startswith('Basic realm="console"')
    assert client.get(path, headers=basic("пароль and more")).status_code == 200
    assert client.get(path, headers=basic("пароль and more", "somebody else")).status_code == 200


@pytest.mark.parametrize("path", CONSOLE)
def test_g33_without_a_password_it_is_there_for_a_developer_at_this_machine_alone(
    make_app: Callable[..., Any], alice: Person, path: str
) -> None:
    alice.invoice("p1")
    developer = make_app().test_client()
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert developer.get(path, headers={"Host": host}).status_code == 200
    for headers, remote in (
        ({"Host": "stars.example"}, "127.0.0.1"),
        ({"Host": "localhost.evil.example"}, "127.0.0.1"),
        ({"Host": "localhost"}, "192.0.2.7"),
        ({"Host": "localhost", "X-Forwarded-For": "192.0.2.7"}, "127.0.0.1"),
    ):
        refused = developer.get(path, headers=headers, environ_base={"REMOTE_ADDR": remote})
        assert (refused.status_code, "golden-sword" in refused.text) == (404, False)
    assert make_app(app_env="staging").test_client().get(path).status_code == 404
    assert make_app(**LIVE, app_env="production").test_client().get(path).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_g33_no_other_site_acts_in_the_staffs_name(
    app: Any, alice: Person, headers: dict[str, str], status: int
) -> None:
    alice.invoice("p1")
    client = app.test_client()
    acted = client.post("/console/purchases/p1", data={"action": "fail"}, headers=headers)
    armed = client.post(
        "/console/outcomes", data={"outcome": "paid", "delay": "0", "times": "1"}, headers=headers
    )
    assert (acted.status_code, armed.status_code) == (status, status)
    assert alice.get("p1").json["status"] == ("failed" if status == 303 else "pending")


def test_g33_no_front_end_may_read_the_console(make_app: Callable[..., Any]) -> None:
    client = make_app(cors_origins=("*",)).test_client()
    for path in ("/console", "/api/v1/analytics/funnel"):
        assert (
            "Access-Control-Allow-Origin"
            not in client.get(path, headers={"Origin": "http://evil.example"}).headers
        )
    assert (
        "Access-Control-Allow-Origin"
        in client.get("/livez", headers={"Origin": "http://shop.example"}).headers
    )


def test_g34_whatever_is_sent_is_shown_and_never_run(
    app: Any, alice: Person, sql: psycopg.Connection[Any]
) -> None:
    evil = "</code><script>alert(1)</script>"
    alice.invoice("p1", metadata={evil: evil})
    alice.purchase("p1", metadata={"more": evil})
    sql.execute("INSERT INTO mock_outcomes (outcome, delay, times) VALUES ('paid', 0, 1)")
    for path in (
        *CONSOLE,
        "/console?user_id=%3Cscript%3E",
        "/console/purchases/%3Cscript%3E",
        "/mock/pay/%3Cscript%3E",
    ):
        assert "<script>" not in app.test_client().get(path).text


def test_the_console_acts_through_the_domain(app: Any, alice: Person, logged: Any) -> None:
    alice.invoice("p1")
    for action in ("fail", "reopen", "complete", "fail", "complete"):
        assert (
            app.test_client().post("/console/purchases/p1", data={"action": action}).status_code
            == 303
        )
    assert alice.history("p1") == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_invoice_reopened",
        "purchase_succeeded",
        "purchase_failed",
        "purchase_succeeded",
    ]
    assert [line["message"] for line in logged()][1:] == [
        "purchase_failed",
        "purchase_invoice_reopened",
        "purchase_succeeded",
        "purchase_failed",
        "purchase_succeeded",
    ]
    assert (
        app.test_client().post("/console/purchases/p1", data={"action": "steal"}).status_code == 400
    )
    assert (
        app.test_client().post("/console/purchases/nope", data={"action": "fail"}).status_code
        == 404
    )


def test_one_reopened_by_the_console_can_be_paid_by_its_buyer(app: Any, alice: Person) -> None:
    alice.purchase("p1", **SWORD)
    for action in ("fail", "reopen"):
        app.test_client().post("/console/purchases/p1", data={"action": action})
    assert press(app, link_of(alice, "p1"), "paid").status_code == 200


def listed(app: Any, query: str = "") -> list[str]:
    page = app.test_client().get(f"/console{query}")
    assert page.status_code == 200, page.text
    return re.findall(r'data-key="([^"]+)"', page.text)


def test_the_console_finds_by_every_filter(app: Any, alice: Person, bob: Person) -> None:
    alice.invoice("p1", source="shop", channel="menu")
    bob.invoice("p2", item_id="speed", purchase_type="boost", source="push")
    bob.purchase("p2")
    assert listed(app) == ["p2", "p1"]
    for query, found in {
        "status=pending": ["p1"],
        "status=succeeded": ["p2"],
        "user_id=bob": ["p2"],
        "purchase_type=cosmetic": ["p1"],
        "source=push": ["p2"],
        "channel=menu": ["p1"],
        "since=2000-01-01": ["p2", "p1"],
        "until=2000-01-01T00:00": [],
        "since=2000-01-01&until=2100-01-01T00:00": ["p2", "p1"],
        "user_id=bob&status=pending": [],
        "source=++": ["p2", "p1"],
    }.items():
        assert listed(app, f"?{query}") == found, query
    assert (
        app.test_client().get("/console?purchase_id=p1").headers["Location"]
        == "console/purchases/p1"
    )
    for wrong in (
        "status=lost",
        "user_id=a+b",
        "since=soon",
        "after=x",
        "after=2026-01-01_%00",
        "unknown=1",
    ):
        assert app.test_client().get(f"/console?{wrong}").status_code == 422, wrong


def test_the_console_pages_by_key_so_that_nothing_is_skipped_or_shown_twice(
    app: Any, alice: Person, sql: psycopg.Connection[Any]
) -> None:
    for n in range(104):
        alice.purchase(f"p{n:03}", **SWORD)
    sql.execute(
        "UPDATE purchases SET created_at = '2026-01-31' WHERE purchase_id BETWEEN 'p020' AND 'p080'"
    )  # one moment
    seen, query = [], ""
    while True:
        page = app.test_client().get(f"/console{query}").text
        seen.append(re.findall(r'data-key="([^"]+)"', page))
        alice.purchase(f"late{len(seen)}", **SWORD)  # comes in meanwhile
        older = re.search(r'href="console(\?[^"]+)" rel="next"', page)
        if not older:
            break
        query = older[1].replace("&amp;", "&")
    sql.execute("UPDATE purchases SET created_at = succeeded_at")
    assert [len(rows) for rows in seen] == [50, 50, 4]
    assert sorted(chain(*seen)) == [f"p{n:03}" for n in range(104)]


def test_the_console_arms_and_clears(app: Any, alice: Person) -> None:
    client = app.test_client()
    form = {"user_id": "alice", "item_id": "", "outcome": "failed", "delay": "0", "times": "2"}
    assert client.post("/console/outcomes", data=form).status_code == 303
    assert re.search(
        r"user_id <code>alice</code>.*0 of 2", client.get("/console/outcomes").text, re.DOTALL
    )
    assert alice.purchase("p1", **SWORD).json["status"] == "failed"
    [key] = re.findall(r'data-key="(\d+)"', client.get("/console/outcomes").text)
    assert client.post("/console/outcomes", data={"clear": key}).status_code == 303
    assert client.post("/console/outcomes", data={"clear": key}).status_code == 404
    for nothing in ("everything", "", "-1", "9" * 30):
        assert client.post("/console/outcomes", data={"clear": nothing}).status_code == 404
    assert "Nothing is armed" in client.get("/console/outcomes").text
    for wrong in (
        {"times": "0"},
        {"delay": "11"},
        {"outcome": "stolen"},
        {"user_id": "a b"},
        {"times": "many"},
        {"delay": "nan"},
        {"delay": "inf"},
        {"times": "9" * 30},
    ):
        assert client.post("/console/outcomes", data=form | wrong).status_code == 422


def test_the_console_says_what_the_service_is(
    app: Any, make_app: Callable[..., Any], empty_url: str
) -> None:
    head = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", app.test_client().get("/console").text))
    assert re.search(r"mock schema 0\d\d\d PostgreSQL \d+\.\d+", head)
    away = (
        make_app(database_url="postgresql://nobody@127.0.0.1:1/none").test_client().get("/console")
    )
    assert (away.status_code, "Retry-After" in away.headers) == (503, True)
    assert "The database cannot be reached" in away.text
    assert person(app, "alice").post(API, {"purchase_id": "p1", **SWORD}).status_code == 200
