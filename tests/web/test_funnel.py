"""The funnel over HTTP: what it answers, what it refuses, and who may ask."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from harness.counting import FUNNEL
from harness.pages import basic
from harness.people import Person
from harness.types import Command, MakeApp


def test_the_api_tells_how_many_of_each_group_completed(alice: Person, app: Flask) -> None:
    alice.invoice("p1", source="shop")
    alice.purchase("p1")
    alice.invoice("p2", source="shop")
    alice.invoice("p3")

    answer = app.test_client().get(f"{FUNNEL}?by=source")
    assert answer.status_code == 200
    groups = [(group["key"], group["completed"]) for group in answer.json["groups"]]
    assert groups == [("shop", 1), (None, 0)]


def test_without_a_window_it_is_the_last_seven_days(app: Flask) -> None:
    told = app.test_client().get(FUNNEL).json
    since = datetime.fromisoformat(told["since"])
    until = datetime.fromisoformat(told["until"])

    assert until - since == timedelta(days=7)
    assert abs(datetime.now(UTC) - until) < timedelta(minutes=1)


def shape(value: Any) -> Any:
    """The names of a document's members, without their values."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    return None


def test_the_documented_example_has_the_members_of_the_answer(alice: Person, app: Flask) -> None:
    alice.invoice("p1", source="shop")
    client = app.test_client()
    answer = client.get(f"{FUNNEL}?by=source").json
    operation = client.get("/openapi.json").json["paths"][FUNNEL]["get"]
    example = operation["responses"]["200"]["content"]["application/json"]["example"]

    assert shape(answer) == shape(example)
    assert shape(answer["groups"][0]) == shape(example["groups"][0])
    steps = [shape(step) for step in answer["histogram"]]
    assert steps == [shape(step) for step in example["histogram"]]


def test_the_command_tells_the_same(alice: Person, app: Flask, command: Command) -> None:
    alice.invoice("p1", source="shop")
    answer = app.test_client().get(f"{FUNNEL}?by=source").json
    window = ["--since", answer["since"], "--until", answer["until"]]

    told = command("funnel", "--by", "source", "--json", *window)
    assert json.loads(told.stdout) == answer


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-01-30", "2026-01-31"),
        ("2026-01-30T03:00:00+03:00", "2026-01-31T00:00:00Z"),
        ("2026-01-30T03:00:00%2B03:00", "2026-01-30T19:00:00.000-05:00"),
    ],
)
def test_the_api_takes_days_and_moments_and_a_plus_that_nobody_escaped(
    app: Flask, since: str, until: str
) -> None:
    found = app.test_client().get(f"{FUNNEL}?since={since}&until={until}").json

    assert found["since"] == "2026-01-30T00:00:00+00:00"
    assert found["until"] == "2026-01-31T00:00:00+00:00"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=yesterday", "since"),
        ("since=2026-02-30", "since"),
        ("until=", "until"),
        ("from=2026", "from"),
        ("until=2026-01-01T00", "until"),
        ("since=2026-01-02&until=2026-01-02", "since"),
        ("since=2020-01-01&until=2026-01-01", "since"),
        ("by=price", "by"),
        ("by=", "by"),
        ("until=9999-12-31", "until"),
        ("since=0001-01-01", "since"),
        ("since=%00", "since"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused_by_name(
    app: Flask, query: str, field: str
) -> None:
    refused = app.test_client().get(f"{FUNNEL}?{query}")

    assert refused.status_code == 422
    assert refused.json["error"] == "invalid_query"
    assert list(refused.json["errors"]) == [field]
    assert all(isinstance(why, str) for why in refused.json["errors"][field])


@pytest.mark.parametrize("app_env", ["development", "staging", "production"])
def test_the_api_asks_for_the_password(make_app: MakeApp, app_env: str) -> None:
    app = make_app(app_env=app_env, mode="off", console_password="open sesame")
    client = app.test_client()

    refused = client.get(FUNNEL)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert client.get(FUNNEL, headers=basic("wrong")).status_code == 401
    assert client.get(FUNNEL, headers=basic("open sesame")).status_code == 200
    from_afar = client.get(
        FUNNEL,
        headers=basic("open sesame"),
        base_url="https://stars.example.com",
        environ_overrides={"REMOTE_ADDR": "203.0.113.9"},
    )
    assert from_afar.status_code == 200


def test_without_a_password_it_answers_this_machine_alone(make_app: MakeApp) -> None:
    client = make_app().test_client()

    assert client.get(FUNNEL).status_code == 200
    for elsewhere in (
        {"environ_overrides": {"REMOTE_ADDR": "203.0.113.9"}},
        {"base_url": "http://attacker.example"},
        {"headers": {"X-Forwarded-For": "203.0.113.9"}},
    ):
        assert client.get(FUNNEL, **elsewhere).status_code == 404
    staging = make_app(app_env="staging").test_client()
    assert staging.get(FUNNEL).status_code == 404
