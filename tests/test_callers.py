"""G23, G24, G26: who may call, what each mode allows, and that no secret is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from harness.constants import API, BOT_TOKEN, SWORD, WEBHOOK_SECRET
from harness.launch import launch_data
from harness.people import person
from harness.servers import Served

from stars.errors import Unauthorized
from stars.web import callers

LIVE = {"mode": "live", "telegram_bot_token": BOT_TOKEN, "telegram_webhook_secret": WEBHOOK_SECRET}


def get(app: Any, path: str = f"{API}/p1", **headers: str) -> Any:
    return app.test_client().get(
        path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


REFUSED = {
    "nobody": {},
    "empty id": {"X_User_Id": ""},
    "blank in id": {"X_User_Id": "a b"},
    "long id": {"X_User_Id": "a" * 65},
    "two ids": {"X_User_Id": "alice,bob"},
    "newer letters": {"X_User_Id": "alic\u00e9"},
    "no launch data": {"Authorization": "tma"},
    "words": {"Authorization": "tma hello"},
    "no hash": {"Authorization": "tma user=%7B%22id%22%3A42%7D&auth_date=1"},
    "not hex": {"Authorization": "tma auth_date=1&hash=%C3%A9" + "a" * 62},
    "huge date": {"Authorization": "tma auth_date=99999999999999999999&hash=" + "a" * 64},
    "another bot's": {"Authorization": f"tma {launch_data(token='999999:' + 'x' * 35)}"},
    "altered": {"Authorization": f"tma {launch_data().replace('42', '43')}"},
    "expired": {"Authorization": f"tma {launch_data(age=24 * 3600 + 60)}"},
    "from the future": {"Authorization": f"tma {launch_data(age=-3600)}"},
    "key twice": {"Authorization": f"tma {launch_data()}&user=%7B%22id%22%3A43%7D"},
    "no user": {"Authorization": f"tma {launch_data(user_id=0)}"},
    "valid, but another id": {"Authorization": f"tma {launch_data()}", "X_User_Id": "alice"},
    "forged, with a valid id": {"Authorization": "tma forged", "X_User_Id": "alice"},
}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED.keys())
def test_g23_nobody_gets_in_without_an_identity(
    make_app: Callable[..., Any], headers: dict[str, str]
) -> None:
    for app in (make_app(telegram_bot_token=BOT_TOKEN), make_app(**LIVE)):
        refused = get(app, **headers)
        assert (refused.status_code, refused.json["error"]) == (401, "unauthorized")
        assert refused.headers["WWW-Authenticate"] == "tma"


def test_g23_launch_data_is_taken_in_every_mode_and_a_header_in_mock_mode_alone(
    make_app: Callable[..., Any],
) -> None:
    for age in (0, 23 * 3600, -30):
        valid = f"tma {launch_data(age=age)}"
        for app in (make_app(telegram_bot_token=BOT_TOKEN), make_app(**LIVE)):
            assert get(app, Authorization=valid).status_code == 404
            assert get(app, Authorization=valid, X_User_Id="42").status_code == 404
    assert get(make_app(), X_User_Id="alice").status_code == 404
    assert (
        get(make_app(), X_User_Id="alice", Authorization="Basic c3RhZ2luZzpwYXNz").status_code
        == 404
    )
    assert get(make_app(), Authorization=f"tma {launch_data()}").status_code == 401
    for app in (make_app(**LIVE), make_app(mode="off", telegram_bot_token=BOT_TOKEN)):
        assert get(app, X_User_Id="42").status_code == 401


def test_g23_the_launch_data_telegram_documents_is_verified(make_app: Callable[..., Any]) -> None:
    """The user of launch data owns what it buys, under the number Telegram gave."""
    app = make_app(telegram_bot_token=BOT_TOKEN)
    headers = {"Authorization": f"TMA {launch_data(2**52 - 1)}"}
    done = app.test_client().post(API, json={"purchase_id": "p1", **SWORD}, headers=headers)
    assert done.json["user_id"] == str(2**52 - 1)


def test_g24_switched_off_nothing_works_and_nothing_is_written(
    make_app: Callable[..., Any], sql: psycopg.Connection[Any]
) -> None:
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


def test_g24_in_live_mode_no_caller_can_complete_a_purchase(
    make_app: Callable[..., Any], sql: psycopg.Connection[Any]
) -> None:
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
    make_app: Callable[..., Any], sql: psycopg.Connection[Any], logged: Any
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


def test_g26_no_secret_is_ever_told(url: str, serve: Callable[..., Served]) -> None:
    """Whatever goes wrong: look for the secrets in everything the process printed and every answer it gave."""
    data = launch_data()
    secrets = [
        BOT_TOKEN,
        WEBHOOK_SECRET,
        "metrics-secret-1",
        "database-secret-1",
        data.rpartition("hash=")[2],
        data,
    ]
    address = url.replace("postgres:@", "postgres:database-secret-1@")
    served = serve(
        DATABASE_URL=address,
        MOCK_PAYMENTS="",
        TELEGRAM_STARS_ENABLED="true",
        TELEGRAM_BOT_TOKEN=BOT_TOKEN,
        TELEGRAM_WEBHOOK_SECRET=WEBHOOK_SECRET,
        METRICS_TOKEN="metrics-secret-1",
        LOG_LEVEL="DEBUG",
    )
    told = []
    caller = served.person("alice")
    for path, authorization in (
        (f"{API}/p1", f"tma {data}"),
        (f"{API}/p1", f"tma {data}x"),
        (f"{API}/p1?tgWebAppData={data}", f"tma {data}"),
        ("/metrics", "Bearer metrics-secret-2"),
        ("/metrics?token=metrics-secret-1", "Bearer"),
        ("/readyz", ""),
    ):
        told.append(caller.send("GET", path, {"Authorization": authorization}).text)
    told.append(caller.post(API, {"purchase_id": "p1"}, Authorization=f"tma {data}").text)
    told.append(
        caller.post(f"{API}/invoice", {"purchase_id": data}, Authorization=f"tma {data}").text
    )
    served.stop()
    assert served.lines("request")
    for secret in secrets:
        assert secret not in served.output()
        assert not any(secret in answer for answer in told[:-1])


# Launch data that Telegram signed, by the token of its bot: what https://docs.telegram-mini-apps.com shows of both kinds,
# the older without `signature`, the newer with it.
PUBLISHED = {
    "5768337691:AAH5YkoiEuPk8-FZa32hStHTqXiLPtAEhx8": (
        "query_id=AAHdF6IQAAAAAN0XohDhrOrc&user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%22%2C%22last_name%22"
        "%3A%22Kibenko%22%2C%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%7D"
        "&auth_date=1662771648&hash=c501b71e775f74ce10e377dea85a7ea24ecd640b223ea86dfe453e0eaed2e2b2"
    ),
    "7342037359:AAHI25ES9xCOMPokpYoz-p8XVrZUdygo2J4": (
        "user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%20%2B%20-%20%3F%20%5C%2F%22%2C%22last_name%22%3A%22"
        "Kibenko%22%2C%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%2C%22"
        "allows_write_to_pm%22%3Atrue%2C%22photo_url%22%3A%22https%3A%5C%2F%5C%2Ft.me%5C%2Fi%5C%2Fuserpic%5C%2F320%5C%2F"
        "4FPEE4tmP3ATHa57u6MqTDih13LTOiMoKoLDRG4PnSA.svg%22%7D&chat_instance=8134722200314281151&chat_type=private"
        "&auth_date=1733509682&signature=TYJxVcisqbWjtodPepiJ6ghziUL94-KNpG8Pau-X7oNNLNBM72APCpi_RKiUlBvcqo5L-LAxIc3dnTzcZX_PDg"
        "&hash=a433d8f9847bd6addcc563bff7cc82c89e97ea0d90c11fe5729cae6796a36d73"
    ),
}


@pytest.mark.parametrize("token", PUBLISHED)
def test_g23_launch_data_that_telegram_itself_signed_verifies(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unauthorized, match="older than 24 hours"):
        callers.verify(PUBLISHED[token], token)
    monkeypatch.setattr(callers, "LIFETIME", timedelta(days=36_500))
    assert callers.verify(PUBLISHED[token], token) == "279058397"
    with pytest.raises(Unauthorized, match="signature"):
        callers.verify(PUBLISHED[token].replace("vdkfrost", "vdkfrosr"), token)
