"""Each request has an id and a line in the log; a failure shows nothing of the inside."""

import re

import pytest
from harness.constants import API, SWORD
from harness.people import Person
from harness.types import Logged


def test_every_request_has_a_line_and_an_id(alice: Person, logged: Logged) -> None:
    alice.invoice("p1")

    (line,) = logged("request")
    assert line["level"] == "INFO"
    assert line["method"] == "POST"
    assert line["route"] == f"{API}/invoice"
    assert line["status"] == 201
    assert line["duration_ms"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    assert line["request_id"] == logged("purchase_invoice_created")[0]["request_id"]


def test_an_address_that_leads_nowhere_has_one_too(alice: Person, logged: Logged) -> None:
    alice.send("GET", "/nowhere", alice.headers | {"X-Request-Id": "front-end.42_a"})

    (line,) = logged("request")
    assert line["route"] is None
    assert line["status"] == 404
    assert line["request_id"] == "front-end.42_a"


def test_the_request_id_runs_through_answer_event_and_log(alice: Person, logged: Logged) -> None:
    request_id = "from-the-client"
    answer = alice.post(API, {"purchase_id": "p1", **SWORD}, **{"X-Request-Id": request_id})

    assert answer.headers["X-Request-Id"] == request_id
    assert logged("purchase_succeeded")[0]["request_id"] == request_id
    assert alice.events("p1")[0]["request_id"] == request_id


@pytest.mark.parametrize("wrong", ["short", "a" * 129, "with blank", "semi;colon", "\u00e9" * 8])
def test_a_request_id_of_the_wrong_shape_is_replaced(alice: Person, wrong: str) -> None:
    answer = alice.send("GET", "/livez", {"X-Request-Id": wrong})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_an_unexpected_failure_is_a_500_that_shows_nothing_of_the_inside(
    alice: Person, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stars.mock.outcomes.queries", None)
    broken = alice.purchase("p1", **SWORD)

    assert broken.refusal == (500, "internal_error")
    assert "NoneType" not in broken.text
    (line,) = logged("internal_error")
    assert "AttributeError" in line["exc_info"]
    assert line["request_id"] == broken.json["request_id"]
