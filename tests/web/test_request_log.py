"""Each request has an id and a line in the log; a failure shows nothing of the inside."""

import re
from typing import Any

import pytest
from harness.constants import API, SWORD
from harness.people import Person
from harness.types import Logged


def test_every_request_has_a_line_and_an_id(alice: Person, logged: Logged) -> None:
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


def test_the_request_id_runs_through_answer_event_and_log(alice: Person, logged: Logged) -> None:
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
    app: Any, alice: Person, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stars.mock.outcomes.queries", None)
    broken = alice.purchase("p1", **SWORD)

    assert (broken.status_code, broken.json["error"]) == (500, "internal_error")
    assert "NoneType" not in broken.text
    line = logged("internal_error")[0]
    assert "AttributeError" in line["exc_info"]
    assert line["request_id"] == broken.json["request_id"]
