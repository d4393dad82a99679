"""G29: outside mock mode there is no page of the mock, and none acts on live purchases."""

import re
from typing import Any

import pytest
from harness.constants import LIVE
from harness.pages import link_of, press
from harness.people import Person
from harness.types import MakeApp, Sql


@pytest.mark.parametrize("mode", ["live", "off"])
def test_g29_the_mocks_pages_exist_in_mock_mode_alone(
    make_app: MakeApp, alice: Person, mode: str
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
    app: Any, make_app: MakeApp, alice: Person, sql: Sql
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
