"""The funnel over HTTP: what it answers, what it refuses, and who may ask."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness.counting import FUNNEL
from harness.people import Person
from harness.types import Command, MakeApp


def test_the_api_tells_what_the_domain_tells(alice: Person, app: Any, command: Command) -> None:
    alice.invoice("p1", source="shop")
    alice.purchase("p1")
    alice.invoice("p2", source="shop")
    alice.invoice("p3")
    answer = app.test_client().get(FUNNEL, query_string={"by": "source"})
    assert answer.status_code == 200
    assert [(group["key"], group["completed"]) for group in answer.json["groups"]] == [
        ("shop", 1),
        (None, 0),
    ]
    window = [datetime.fromisoformat(answer.json[name]) for name in ("since", "until")]
    assert window[1] - window[0] == timedelta(days=7)
    assert abs(window[1] - datetime.now(UTC)) < timedelta(minutes=1)

    document = app.test_client().get("/openapi.json").json["paths"][FUNNEL]["get"]
    example = document["responses"]["200"]["content"]["application/json"]["example"]

    def shape(value: Any) -> Any:
        return (
            {name: shape(one) for name, one in value.items()} if isinstance(value, dict) else None
        )

    assert shape(answer.json) == shape(example)
    assert shape(answer.json["groups"][0]) == shape(example["groups"][0])
    assert [list(step) for step in answer.json["histogram"]] == [
        list(step) for step in example["histogram"]
    ]
    told = command(
        "funnel",
        "--by",
        "source",
        "--json",
        "--since",
        answer.json["since"],
        "--until",
        answer.json["until"],
    )
    assert json.loads(told.stdout) == answer.json


def test_the_api_takes_days_and_moments_and_a_plus_that_nobody_escaped(app: Any) -> None:
    client = app.test_client()
    for since, until in (
        ("2026-01-30", "2026-01-31"),
        ("2026-01-30T03:00:00+03:00", "2026-01-31T00:00:00Z"),
        ("2026-01-30T03:00:00%2B03:00", "2026-01-30T19:00:00.000-05:00"),
    ):
        found = client.get(f"{FUNNEL}?since={since}&until={until}").json
        assert (found["since"], found["until"]) == (
            "2026-01-30T00:00:00+00:00",
            "2026-01-31T00:00:00+00:00",
        )


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
    app: Any, query: str, field: str
) -> None:
    refused = app.test_client().get(f"{FUNNEL}?{query}")
    assert (refused.status_code, refused.json["error"]) == (422, "invalid_query")
    assert list(refused.json["errors"]) == [field]
    assert all(isinstance(why, str) for why in refused.json["errors"][field])


def test_the_api_asks_for_the_password_and_without_one_answers_here_alone(
    make_app: MakeApp,
) -> None:
    def status(
        app: Any, password: str | None = None, address: str = "127.0.0.1", **more: Any
    ) -> int:
        sent = (
            {"Authorization": "Basic " + b64encode(f"any:{password}".encode()).decode()}
            if password
            else {}
        )
        environ = {"REMOTE_ADDR": address}
        return int(
            app.test_client()
            .get(FUNNEL, headers=sent | more.pop("headers", {}), environ_overrides=environ, **more)
            .status_code
        )

    for app_env in ("development", "staging", "production"):
        guarded = make_app(app_env=app_env, mode="off", console_password="open sesame")
        assert [status(guarded, password) for password in (None, "wrong", "open sesame")] == [
            401,
            401,
            200,
        ]
        assert (
            status(guarded, "open sesame", "203.0.113.9", base_url="https://stars.example.com")
            == 200
        )
    refused = guarded.test_client().get(FUNNEL)
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert status(make_app()) == 200
    assert status(make_app(), address="203.0.113.9") == 404
    assert status(make_app(), base_url="http://attacker.example") == 404
    assert status(make_app(), headers={"X-Forwarded-For": "203.0.113.9"}) == 404
    assert status(make_app(app_env="staging")) == 404
