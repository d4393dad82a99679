"""F8: launch data that has become too old, and a clock that is off, are not the buyer's trouble."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from harness.constants import API, BOT_TOKEN, SWORD
from harness.launch import launch_data
from harness.types import Logged, MakeApp, Sql

HOUR = 3600


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    app: Flask = make_app(telegram_bot_token=BOT_TOKEN)
    return app.test_client()


def launched(age: float, user_id: int = 42) -> dict[str, str]:
    """The headers of a Mini App that was opened `age` seconds ago."""
    return {"Authorization": f"tma {launch_data(user_id, age=age)}"}


def buy(client: FlaskClient, sql: Sql, age: float, started: str) -> dict[str, str]:
    """Start a purchase, and let `age` seconds pass since the app was opened.

    `started` is the interval since the purchase was started. Returns the headers.
    """
    body: dict[str, Any] = {"purchase_id": "p1", **SWORD}
    assert client.post(f"{API}/invoice", json=body, headers=launched(0)).status_code == 201
    with sql.transaction():
        sql.execute("ALTER TABLE events DISABLE TRIGGER events_are_append_only")
        for table in ("events", "purchases"):
            sql.execute(f"UPDATE {table} SET created_at = now() - interval '{started}'".encode())
        sql.execute("UPDATE purchases SET invoiced_at = created_at")
        sql.execute("ALTER TABLE events ENABLE TRIGGER events_are_append_only")
    return launched(age)


def test_f8_who_started_a_purchase_can_read_how_it_ends(client: FlaskClient, sql: Sql) -> None:
    headers = buy(client, sql, age=24 * HOUR + 60, started="2 minutes")

    looked = client.get(f"{API}/p1", headers=headers)
    history = client.get(f"{API}/p1/events", headers=headers)

    assert (looked.status_code, looked.json["status"]) == (200, "pending")
    assert [event["event_type"] for event in history.json] == ["purchase_invoice_created"]


def test_f8_with_old_launch_data_nothing_is_written(client: FlaskClient, sql: Sql) -> None:
    headers = buy(client, sql, age=24 * HOUR + 60, started="2 minutes")
    body = {"purchase_id": "p1", **SWORD}

    refused = [client.post(path, json=body, headers=headers) for path in (f"{API}/invoice", API)]

    assert [answer.status_code for answer in refused] == [401, 401]
    assert "older than 24 hours" in refused[0].json["detail"]


@pytest.mark.parametrize("path", [f"{API}/p1", f"{API}/p1/events"])
def test_f8_old_launch_data_reads_nothing_else(client: FlaskClient, sql: Sql, path: str) -> None:
    """Neither what is another's, nor what was started with newer launch data, nor for ever."""
    buy(client, sql, age=0, started="0 minutes")
    unreadable = {
        "another's": launched(24 * HOUR + 60, user_id=43),
        "started later": launched(24 * HOUR + 60),
        "too old": launched(48 * HOUR + 60),
    }

    for reason, headers in unreadable.items():
        refused = client.get(path, headers=headers)
        assert (refused.status_code, refused.json["error"]) == (401, "unauthorized"), reason
    assert client.get(path, headers=launched(0)).status_code == 200


def test_f8_a_clock_that_is_behind_is_told_to_the_operator_alone(
    client: FlaskClient, logged: Logged
) -> None:
    for ahead in (30, 5 * 60, 9 * 60):
        body = {"purchase_id": f"p{ahead}", **SWORD}
        made = client.post(f"{API}/invoice", json=body, headers=launched(-ahead))
        assert made.status_code == 201

    told = [line["seconds"] for line in logged("clock_behind")]
    assert [abs(seconds - ahead) <= 2 for seconds, ahead in zip(told, (300, 540), strict=True)]
    assert client.get(f"{API}/p30", headers=launched(-11 * 60)).status_code == 401
