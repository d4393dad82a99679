"""G24: what each mode allows; mock and live never touch each other's purchases."""

import pytest
from flask.testing import FlaskClient
from harness.constants import API, BOT_TOKEN, LIVE, SWORD
from harness.histories import NOON, write_history
from harness.launch import launch_data
from harness.people import person
from harness.types import Logged, MakeApp, Sql

NOBODY: dict[str, str] = {}
ALICE = {"X-User-Id": "alice"}
LAUNCHED = {"Authorization": f"tma {launch_data(42)}"}
P1 = {"purchase_id": "p1"}


@pytest.mark.parametrize("path", [API, f"{API}/invoice"])
@pytest.mark.parametrize("headers", [NOBODY, ALICE, LAUNCHED])
@pytest.mark.parametrize("body", [P1 | SWORD, {"wrong": True}])
def test_g24_switched_off_nothing_works_and_nothing_is_written(
    make_app: MakeApp, sql: Sql, path: str, headers: dict[str, str], body: dict[str, object]
) -> None:
    app = make_app(mode="off", telegram_bot_token=BOT_TOKEN)

    refused = app.test_client().post(path, json=body, headers=headers)
    assert refused.status_code == 403
    assert refused.json["error"] == "stars_disabled"
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)


def test_g24_switched_off_an_update_is_accepted_and_not_kept(make_app: MakeApp, sql: Sql) -> None:
    app = make_app(mode="off", telegram_bot_token=BOT_TOKEN)

    told = app.test_client().post(f"{API}/webhook", json={"update_id": 1})
    assert told.status_code == 202
    assert told.json == {"status": "accepted"}
    assert sql.execute("SELECT count(*) FROM telegram_updates").fetchone() == (0,)


@pytest.fixture
def live(make_app: MakeApp) -> FlaskClient:
    """A client of the service in live mode, where nothing is for sale."""
    return make_app(**LIVE).test_client()


def test_g24_in_live_mode_no_caller_makes_a_purchase_of_what_is_not_for_sale(
    live: FlaskClient, sql: Sql
) -> None:
    invoice = live.post(f"{API}/invoice", json=P1 | SWORD, headers=LAUNCHED)
    purchase = live.post(API, json=P1 | SWORD, headers=LAUNCHED)

    assert (invoice.status_code, invoice.json["error"]) == (422, "item_not_for_sale")
    assert (purchase.status_code, purchase.json["error"]) == (404, "purchase_not_found")
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)


def test_g24_in_live_mode_no_caller_speaks_for_telegram(live: FlaskClient) -> None:
    told = live.post(f"{API}/webhook", json={"update_id": 1}, headers=LAUNCHED)
    assert told.status_code == 401


def test_g24_in_live_mode_no_caller_can_complete_a_purchase(live: FlaskClient, sql: Sql) -> None:
    write_history(sql, "p1", "I", NOON, user_id="42", mode="live")
    stranger = {"Authorization": f"tma {launch_data(43)}"}

    for body in (P1, P1 | SWORD):
        asked = live.post(API, json=body, headers=LAUNCHED)
        assert asked.status_code == 200
        assert asked.json["status"] == "pending"
    cheaper = live.post(API, json=P1 | SWORD | {"price_stars": 1}, headers=LAUNCHED)
    assert cheaper.status_code == 409
    assert live.post(API, json=P1, headers=stranger).status_code == 409
    events = live.get(f"{API}/p1/events", headers=LAUNCHED).json
    assert [event["event_type"] for event in events] == ["purchase_invoice_created"]


def test_g24_a_mock_payment_never_touches_a_live_purchase(
    make_app: MakeApp, sql: Sql, logged: Logged
) -> None:
    alice = person(make_app(), "alice")
    alice.invoice("p1")
    sql.execute("UPDATE purchases SET mode = 'live'")

    for refused in (alice.purchase("p1"), alice.purchase("p1", **SWORD), alice.invoice("p1")):
        assert refused.refusal == (409, "purchase_conflict")
        assert "mismatched" not in refused.json
    assert [line["mismatched"] for line in logged("purchase_params_mismatch")] == [["mode"]] * 3
    assert sql.execute("SELECT status FROM purchases").fetchone() == ("pending",)


def test_g24_a_mock_shows_no_live_purchase(make_app: MakeApp, sql: Sql) -> None:
    alice = person(make_app(), "alice")
    alice.invoice("p1")
    sql.execute("UPDATE purchases SET mode = 'live'")

    assert alice.get("p1").status_code == 404
    assert alice.history("p1") == []
