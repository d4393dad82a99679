"""The console acts through the domain, arms outcomes, and says what the service is."""

import re
from typing import Any

from harness.constants import API, SWORD
from harness.pages import link_of, press
from harness.people import Person, person
from harness.types import Logged, MakeApp


def test_the_console_acts_through_the_domain(app: Any, alice: Person, logged: Logged) -> None:
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


def test_the_console_says_what_the_service_is(app: Any, make_app: MakeApp, empty_url: str) -> None:
    head = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", app.test_client().get("/console").text))
    assert re.search(r"mock schema 0\d\d\d PostgreSQL \d+\.\d+", head)
    away = (
        make_app(database_url="postgresql://nobody@127.0.0.1:1/none").test_client().get("/console")
    )
    assert (away.status_code, "Retry-After" in away.headers) == (503, True)
    assert "The database cannot be reached" in away.text
    assert person(app, "alice").post(API, {"purchase_id": "p1", **SWORD}).status_code == 200
