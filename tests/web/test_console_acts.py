"""The console acts through the domain, arms outcomes, and says what the service is."""

import re
from urllib.parse import urljoin

import pytest
from flask import Flask
from harness.constants import SWORD
from harness.pages import link_of, press
from harness.people import Person
from harness.types import Logged, MakeApp

OUTCOMES = "/console/outcomes"
ARMED = {"user_id": "alice", "item_id": "", "outcome": "failed", "delay": "0", "times": "2"}


def act(app: Flask, purchase_id: str, action: str) -> int:
    """Press a button of the page of a purchase; the status code."""
    page = f"/console/purchases/{purchase_id}"
    return app.test_client().post(page, data={"action": action}).status_code


def arm(app: Flask, **fields: str) -> int:
    """Send the form of the page of outcomes; the status code."""
    return app.test_client().post(OUTCOMES, data=ARMED | fields).status_code


def clear(app: Flask, key: str) -> int:
    """Press the button that clears an outcome; the status code."""
    return app.test_client().post(OUTCOMES, data={"clear": key}).status_code


def test_the_console_acts_through_the_domain(app: Flask, alice: Person, logged: Logged) -> None:
    alice.invoice("p1")
    for action in ("fail", "reopen", "complete", "fail", "complete"):
        assert act(app, "p1", action) == 303

    history = alice.history("p1")
    assert history == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_invoice_reopened",
        "purchase_succeeded",
        "purchase_failed",
        "purchase_succeeded",
    ]
    assert [line["message"] for line in logged()] == history


def test_after_every_action_the_console_says_what_was_done(app: Flask, alice: Person) -> None:
    alice.invoice("p1")
    client = app.test_client()
    address = "/console/purchases/p1"
    for action, words in (
        ("fail", "Marked failed."),
        ("reopen", "it can be paid again"),
        ("complete", "it is succeeded now"),
    ):
        done = client.post(address, data={"action": action})
        page = client.get(urljoin(address, done.headers["Location"]))
        assert words in page.text


def test_the_console_believes_no_address(app: Flask, alice: Person) -> None:
    alice.invoice("p1")
    page = app.test_client().get("/console/purchases/p1?done=refund").text
    assert 'role="status"' not in page


def test_metadata_is_shown_as_a_person_writes_it(app: Flask, alice: Person) -> None:
    alice.invoice("p1", metadata={"кампания": "весна <b>"})
    page = app.test_client().get("/console/purchases/p1").text
    assert "&#34;кампания&#34;: &#34;весна &lt;b&gt;&#34;" in page


def test_what_the_console_cannot_do_is_refused(app: Flask, alice: Person) -> None:
    alice.invoice("p1")

    assert act(app, "p1", "steal") == 400
    assert act(app, "unknown", "fail") == 404
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_one_reopened_by_the_console_can_be_paid_by_its_buyer(app: Flask, alice: Person) -> None:
    alice.purchase("p1", **SWORD)
    act(app, "p1", "fail")
    act(app, "p1", "reopen")

    assert press(app, link_of(alice, "p1"), "paid").status_code == 200


def test_the_console_arms_an_outcome(app: Flask, alice: Person) -> None:
    assert arm(app) == 303

    page = app.test_client().get(OUTCOMES).text
    assert re.search(r"user_id <code>alice</code>.*0 of 2", page, re.DOTALL)
    assert alice.purchase("p1", **SWORD).json["status"] == "failed"


def test_the_console_shows_which_purchases_took_an_outcome(app: Flask, alice: Person) -> None:
    arm(app, times="7")
    for number in range(6):
        alice.purchase(f"p{number}", **SWORD)

    taken = app.test_client().get(OUTCOMES).text.partition("<h2>Taken</h2>")[2]
    assert re.findall(r"/purchases/(\w+)", taken) == ["p5", "p4", "p3", "p2", "p1"]
    assert "6 of 7" in taken
    assert "and 1 before" in taken


def test_the_console_arms_a_preset_by_one_click(app: Flask, alice: Person) -> None:
    page = app.test_client().get(OUTCOMES).text
    assert len(re.findall('name="preset"', page)) == 5
    armed = app.test_client().post(OUTCOMES, data={"preset": "Fail the next three"})
    assert armed.status_code == 303

    ends = [alice.purchase(f"p{number}", **SWORD).json["status"] for number in range(4)]
    assert ends == ["failed", "failed", "failed", "succeeded"]


def test_a_preset_that_there_is_not_arms_nothing(app: Flask) -> None:
    unknown = app.test_client().post(OUTCOMES, data={"preset": "Steal the next one"})
    assert unknown.status_code == 422
    assert "Nothing is armed" in app.test_client().get(OUTCOMES).text


def test_the_console_clears_an_outcome(app: Flask) -> None:
    arm(app)
    (key,) = re.findall(r'data-key="(\d+)"', app.test_client().get(OUTCOMES).text)

    assert clear(app, key) == 303
    assert clear(app, key) == 404
    assert "Nothing is armed" in app.test_client().get(OUTCOMES).text


@pytest.mark.parametrize("key", ["everything", "", "-1", "9" * 30])
def test_what_is_not_armed_cannot_be_cleared(app: Flask, key: str) -> None:
    assert clear(app, key) == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"times": "0"},
        {"delay": "11"},
        {"outcome": "stolen"},
        {"user_id": "a b"},
        {"times": "many"},
        {"delay": "nan"},
        {"delay": "inf"},
        {"times": "9" * 30},
    ],
)
def test_what_cannot_be_armed_is_refused(app: Flask, wrong: dict[str, str]) -> None:
    assert arm(app, **wrong) == 422
    assert "Nothing is armed" in app.test_client().get(OUTCOMES).text


def test_the_console_says_what_the_service_is(app: Flask) -> None:
    page = app.test_client().get("/console").text
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page))

    assert re.search(r"mock: no Star is spent schema 0\d\d\d PostgreSQL \d+\.\d+", text)


def test_without_the_database_the_console_says_so(make_app: MakeApp) -> None:
    app = make_app(database_url="postgresql://nobody@127.0.0.1:1/none")
    page = app.test_client().get("/console")

    assert page.status_code == 503
    assert "Retry-After" in page.headers
    assert "The database cannot be reached" in page.text
