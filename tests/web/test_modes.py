"""G24: what each mode allows; mock and live never touch each other's purchases."""

from harness.constants import API, BOT_TOKEN, LIVE, SWORD
from harness.launch import launch_data
from harness.people import person
from harness.types import Logged, MakeApp, Sql


def test_g24_switched_off_nothing_works_and_nothing_is_written(make_app: MakeApp, sql: Sql) -> None:
    app = make_app(mode="off", telegram_bot_token=BOT_TOKEN)
    for path in (API, f"{API}/invoice"):
        for headers in ({}, {"X-User-Id": "alice"}, {"Authorization": f"tma {launch_data()}"}):
            for body in ({"purchase_id": "p1", **SWORD}, {"wrong": True}):
                refused = app.test_client().post(path, json=body, headers=headers)
                assert (refused.status_code, refused.json["error"]) == (403, "stars_disabled")
    told = app.test_client().post(f"{API}/webhook", json={"update_id": 1})
    assert (told.status_code, told.json) == (202, {"status": "accepted"})
    assert sql.execute("SELECT count(*) FROM telegram_updates").fetchone() == (0,)
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)


def test_g24_in_live_mode_no_caller_can_complete_a_purchase(make_app: MakeApp, sql: Sql) -> None:
    app, headers = make_app(**LIVE), {"Authorization": f"tma {launch_data()}"}
    client = app.test_client()
    invoice = client.post(f"{API}/invoice", json={"purchase_id": "p1", **SWORD}, headers=headers)
    assert (invoice.status_code, invoice.json["error"]) == (422, "item_not_for_sale")
    unknown = client.post(API, json={"purchase_id": "p1", **SWORD}, headers=headers)
    assert (unknown.status_code, unknown.json["error"]) == (404, "purchase_not_found")
    assert client.post(f"{API}/webhook", json={"update_id": 1}, headers=headers).status_code == 401
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)

    sql.execute("""WITH p AS (INSERT INTO purchases (purchase_id, user_id, item_id, price_stars, purchase_type, status, mode,
            metadata, version, created_at, invoiced_at)
        VALUES ('p1', '42', 'golden-sword', 50, 'cosmetic', 'pending', 'live', '{}', 1, now(), now()) RETURNING *)
        INSERT INTO events (purchase_id, version, event_type, payload, user_id, request_id, created_at)
        SELECT 'p1', 1, 'purchase_invoice_created', row_to_json(p), '42', 'by-hand', now() FROM p""")
    for body in ({"purchase_id": "p1"}, {"purchase_id": "p1", **SWORD}):
        asked = client.post(API, json=body, headers=headers)
        assert (asked.status_code, asked.json["status"]) == (200, "pending")
    assert (
        client.post(
            API, json={"purchase_id": "p1", **SWORD, "price_stars": 1}, headers=headers
        ).status_code
        == 409
    )
    other = {"Authorization": f"tma {launch_data(43)}"}
    assert client.post(API, json={"purchase_id": "p1"}, headers=other).status_code == 409
    assert client.get(f"{API}/p1/events", headers=headers).json[-1]["version"] == 1


def test_g24_a_mock_payment_never_touches_a_live_purchase(
    make_app: MakeApp, sql: Sql, logged: Logged
) -> None:
    alice = person(make_app(), "alice")
    alice.invoice("p1")
    sql.execute("UPDATE purchases SET mode = 'live'")
    for refused in (alice.purchase("p1"), alice.purchase("p1", **SWORD), alice.invoice("p1")):
        assert (refused.status_code, refused.json["error"]) == (409, "purchase_conflict")
        assert "mismatched" not in refused.json
    assert [line["mismatched"] for line in logged("purchase_params_mismatch")] == [["mode"]] * 3
    assert alice.get("p1").status_code == 404
    assert alice.history("p1") == []
    assert sql.execute("SELECT status FROM purchases").fetchone() == ("pending",)
