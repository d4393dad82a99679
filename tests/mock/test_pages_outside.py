"""G29: outside mock mode there is no page of the mock, and none acts on live purchases."""

import re

import pytest
from flask import Flask
from harness.constants import LIVE
from harness.pages import link_of, press
from harness.people import Person
from harness.types import MakeApp, Sql

PURCHASE_PAGE = "/console/purchases/p1"


@pytest.mark.parametrize("mode", ["live", "off"])
def test_g29_the_mocks_pages_exist_in_mock_mode_alone(
    make_app: MakeApp, alice: Person, mode: str
) -> None:
    link = link_of(alice, "p1")
    app = make_app(**LIVE | {"mode": mode})

    assert app.test_client().get(link).status_code == 404
    assert app.test_client().get("/mock/demo").status_code == 404
    assert press(app, link, "paid").status_code == 404
    assert alice.history("p1") == ["purchase_invoice_created"]


@pytest.mark.parametrize("mode", ["live", "off"])
def test_g29_outside_mock_mode_the_script_does_nothing(make_app: MakeApp, mode: str) -> None:
    """A front end that still asks for it is not broken by a 404."""
    app = make_app(**LIVE | {"mode": mode})

    script = app.test_client().get("/mock/telegram-web-app.js")
    assert script.status_code == 200
    assert re.sub(r"^//.*$", "", script.text, flags=re.MULTILINE).strip() == ""


def test_g29_a_live_purchase_cannot_be_paid_on_a_page_of_the_mock(
    app: Flask, alice: Person, sql: Sql
) -> None:
    """Even where its link is known and the same database serves a mock."""
    link = link_of(alice, "p1")
    sql.execute("UPDATE purchases SET mode = 'live'")

    assert press(app, link, "paid").status_code in (404, 409)
    for action in ("complete", "fail", "reopen"):
        acted = app.test_client().post(PURCHASE_PAGE, data={"action": action})
        assert acted.status_code == 404
    assert sql.execute("SELECT status FROM purchases").fetchall() == [("pending",)]


def test_g29_a_live_purchase_cannot_be_completed_in_the_console(
    make_app: MakeApp, alice: Person, sql: Sql
) -> None:
    alice.invoice("p1")
    sql.execute("UPDATE purchases SET mode = 'live'")
    client = make_app(**LIVE).test_client()

    assert 'name="action"' not in client.get(PURCHASE_PAGE).text
    assert client.post(PURCHASE_PAGE, data={"action": "complete"}).status_code in (400, 404)
    assert sql.execute("SELECT status FROM purchases").fetchall() == [("pending",)]
