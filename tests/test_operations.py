"""What the platform, the people on call and front ends on other addresses rely on: logs, metrics, health, CORS."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from harness.constants import API, SWORD
from harness.people import Person
from harness.servers import Served
from harness.waiting import eventually, together


def test_every_request_has_a_line_and_an_id(alice: Person, logged: Any) -> None:
    alice.invoice("p1")
    alice.send("GET", "/nowhere", alice.headers | {"X-Request-Id": "front-end.42_a"})
    made, nowhere = logged("request")

    assert (made["method"], made["route"], made["status"], made["level"]) == (
        "POST",
        f"{API}/invoice",
        201,
        "INFO",
    )
    assert made["duration_ms"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["timestamp"])
    assert made["request_id"] == logged("purchase_invoice_created")[0]["request_id"]
    assert (nowhere["route"], nowhere["status"], nowhere["request_id"]) == (
        None,
        404,
        "front-end.42_a",
    )


def test_the_request_id_runs_through_answer_event_and_log(alice: Person, logged: Any) -> None:
    answer = alice.post(API, {"purchase_id": "p1", **SWORD}, **{"X-Request-Id": "from-the-client"})

    assert answer.headers["X-Request-Id"] == "from-the-client"
    assert logged("purchase_succeeded")[0]["request_id"] == "from-the-client"
    assert (
        alice.send("GET", f"{API}/p1/events", alice.headers).json[0]["request_id"]
        == "from-the-client"
    )


@pytest.mark.parametrize("wrong", ["short", "a" * 129, "with blank", "semi;colon", "\u00e9" * 8])
def test_a_request_id_of_the_wrong_shape_is_replaced(alice: Person, wrong: str) -> None:
    answer = alice.send("GET", "/livez", {"X-Request-Id": wrong})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_an_unexpected_failure_is_a_500_that_shows_nothing_of_the_inside(
    app: Any, alice: Person, logged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stars.domain.purchases.queries", None)
    broken = alice.purchase("p1", **SWORD)

    assert (broken.status_code, broken.json["error"]) == (500, "internal_error")
    assert "NoneType" not in broken.text
    line = logged("internal_error")[0]
    assert "AttributeError" in line["exc_info"]
    assert line["request_id"] == broken.json["request_id"]


def test_under_gunicorn_every_line_is_json_and_all_workers_count(
    url: str, serve: Callable[..., Served]
) -> None:
    served = serve(DATABASE_URL=url, WEB_CONCURRENCY="3", METRICS_TOKEN="let-me-in")
    together(*(lambda n=n: served.person("alice").purchase(f"p{n}", **SWORD) for n in range(30)))
    caller = served.person("alice")
    assert caller.send("POST", f"{API}/webhook", {}, {"update_id": 1}).json == {
        "status": "accepted"
    }

    import requests

    closed = requests.get(f"{served.address}/metrics", timeout=5)
    assert (closed.status_code, closed.headers["WWW-Authenticate"]) == (401, "Bearer")
    opened = requests.get(
        f"{served.address}/metrics", headers={"Authorization": "Bearer let-me-in"}, timeout=5
    )
    assert opened.headers["Content-Type"].startswith("text/plain")
    assert 'stars_purchase_outcomes_total{name="purchase_succeeded"} 30.0' in opened.text
    assert re.search(
        rf'stars_request_seconds_count{{method="POST",route="{API}",status="200"}} 30.0',
        opened.text,
    )

    assert served.stop() == 0
    lines = [json.loads(line) for line in served.output().splitlines()]
    assert all({"timestamp", "level", "logger", "message"} <= line.keys() for line in lines)
    assert {"gunicorn.error", "stars.request", "stars.domain.purchases", "stars.serve"} <= {
        line["logger"] for line in lines
    }
    succeeded = [line for line in lines if line["message"] == "purchase_succeeded"]
    assert len({line["request_id"] for line in succeeded}) == 30


def test_a_killed_worker_is_replaced_and_its_counts_stay(
    url: str, serve: Callable[..., Served]
) -> None:
    served = serve(DATABASE_URL=url, WEB_CONCURRENCY="1")
    served.person("alice").purchase("p1", **SWORD)
    old = served.workers()[0]
    old.kill()
    eventually(
        lambda: (
            [worker.pid for worker in served.workers()] not in ([], [old.pid])
            and served.answers("/livez")
        )
    )

    import requests

    assert (
        'name="purchase_succeeded"} 1.0'
        in requests.get(f"{served.address}/metrics", timeout=5).text
    )


def test_a_worker_stays_under_80_mb_of_its_own(url: str, serve: Callable[..., Served]) -> None:
    served = serve(DATABASE_URL=url)
    together(*(lambda n=n: served.person("alice").purchase(f"p{n}", **SWORD) for n in range(50)))
    for worker in served.workers():
        assert worker.memory_full_info().uss < 80 * 2**20


def test_a_front_end_on_another_address_may_call(make_app: Callable[..., Any]) -> None:
    client = make_app(cors_origins=("http://localhost:5173", "https://shop.example")).test_client()
    asks = {
        "Origin": "http://localhost:5173",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-user-id, x-request-id, authorization",
    }
    preflight = client.options(API, headers=asks)
    assert preflight.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert all(
        name in allowed for name in ("content-type", "x-user-id", "x-request-id", "authorization")
    )

    for headers, status in (({"X-User-Id": "alice"}, 200), ({}, 401)):
        answer = client.post(
            API,
            json={"purchase_id": "p1", **SWORD},
            headers={"Origin": "https://shop.example", **headers},
        )
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        exposed = answer.headers["Access-Control-Expose-Headers"]
        assert all(
            name in exposed for name in ("Idempotent-Replayed", "Retry-After", "X-Request-Id")
        )


def test_nobody_else_may(make_app: Callable[..., Any]) -> None:
    for app, origin in (
        (make_app(cors_origins=("https://shop.example",)), "https://shop.example.evil"),
        (make_app(), "http://localhost:5173"),
    ):
        answer = app.test_client().get("/livez", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers
    everybody = (
        make_app(cors_origins=("*",))
        .test_client()
        .get("/livez", headers={"Origin": "http://any.example"})
    )
    assert everybody.headers["Access-Control-Allow-Origin"] in ("*", "http://any.example")


def test_pay_url_starts_with_the_public_address(make_app: Callable[..., Any]) -> None:
    body, headers = {"purchase_id": "p1", **SWORD}, {"X-User-Id": "alice", "Host": "stars.test:81"}
    public = make_app(public_url="https://stars.example/base").test_client()
    assert (
        public.post(f"{API}/invoice", json=body, headers=headers)
        .json["pay_url"]
        .startswith("https://stars.example/base/mock/pay/p1.")
    )
    unset = make_app().test_client()
    assert (
        unset.post(f"{API}/invoice", json=body | {"purchase_id": "p2"}, headers=headers)
        .json["pay_url"]
        .startswith("http://stars.test:81/mock/pay/p2.")
    )


def test_behind_the_platforms_router_pay_url_is_https(
    url: str, serve: Callable[..., Served]
) -> None:
    served = serve(DATABASE_URL=url, APP_ENV="staging", HOST="127.0.0.1")
    caller = served.person("alice")
    caller.headers |= {"Host": "stars.example", "X-Forwarded-Proto": "https"}
    assert caller.invoice("p1").json["pay_url"].startswith("https://stars.example/mock/pay/p1.")
