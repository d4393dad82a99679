"""N3: handing out once with one reference is one; with another it is refused."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from harness.backend import Backend
from harness.constants import SWORD
from harness.people import Answer, Person
from harness.types import Command
from harness.waiting import together


@pytest.fixture
def shop(app: Flask) -> Backend:
    """A backend that may read and write."""
    return Backend(app, "read", "write")


def fulfil(shop: Backend, purchase_id: str, reference: str = "d1") -> Answer:
    """Say that a purchase was handed out."""
    return shop.call("POST", f"/api/v1/purchases/{purchase_id}/fulfil", {"reference": reference})


def test_n3_handing_out_is_recorded_with_its_event(shop: Backend, alice: Person) -> None:
    alice.invoice("p1")
    alice.purchase("p1")

    answer = fulfil(shop, "p1")

    event = alice.events("p1")[-1]
    assert answer.status_code == 200
    assert answer.json["fulfilled_at"] == event["created_at"]
    assert answer.json == alice.get("p1").json
    assert event["event_type"] == "purchase_fulfilled"
    assert event["payload"].pop("paid_to_fulfilled_ms") >= 0
    assert event["payload"] == {
        "purchase_id": "p1",
        **SWORD,
        "previous_status": "succeeded",
        "reference": "d1",
    }


def test_n3_the_same_reference_again_changes_nothing(shop: Backend, alice: Person) -> None:
    alice.purchase("p1", **SWORD)
    first = fulfil(shop, "p1")

    again = fulfil(shop, "p1")

    assert again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert alice.history("p1") == ["purchase_succeeded", "purchase_fulfilled"]


def test_n3_another_reference_is_refused(shop: Backend, alice: Person) -> None:
    alice.purchase("p1", **SWORD)
    fulfil(shop, "p1")

    refused = fulfil(shop, "p1", "d2")

    assert (refused.status_code, refused.json["error"]) == (409, "already_fulfilled")
    assert alice.history("p1") == ["purchase_succeeded", "purchase_fulfilled"]


def test_n3_what_is_not_paid_is_not_handed_out(shop: Backend, alice: Person) -> None:
    alice.invoice("pending")
    alice.purchase("failed", **SWORD)
    shop.call("POST", "/api/v1/purchases/failed/fail")

    for purchase_id in ("pending", "failed"):
        refused = fulfil(shop, purchase_id)
        assert (refused.status_code, refused.json["error"]) == (409, "not_paid")
        assert purchase_id in refused.json["detail"]
    assert fulfil(shop, "unknown").json["error"] == "purchase_not_found"


@pytest.mark.parametrize(
    "body", [{}, {"reference": ""}, {"reference": "a b"}, {"reference": 1}, {"ref": "d1"}, []]
)
def test_n3_a_reference_is_an_identifier(shop: Backend, alice: Person, body: Any) -> None:
    alice.purchase("p1", **SWORD)

    refused = shop.call("POST", "/api/v1/purchases/p1/fulfil", body)

    assert (refused.status_code, refused.json["error"]) == (422, "invalid_purchase_payload")
    assert alice.history("p1") == ["purchase_succeeded"]


def test_n3_many_at_once_hand_out_once(shop: Backend, alice: Person) -> None:
    alice.purchase("p1", **SWORD)
    references = ["d1", "d2"] * 10

    answers = together(*[lambda name=name: fulfil(shop, "p1", name) for name in references])

    fulfilled = [answer for answer in answers if answer.status_code == 200]
    assert len(fulfilled) == 10
    assert {answer.status_code for answer in answers} == {200, 409}
    assert alice.history("p1") == ["purchase_succeeded", "purchase_fulfilled"]


def test_n3_the_list_tells_what_is_still_to_be_handed_out(shop: Backend, alice: Person) -> None:
    alice.purchase("p1", **SWORD)
    alice.purchase("p2", **SWORD)
    fulfil(shop, "p1")

    def listed(query: str) -> list[str]:
        found = shop.get(f"/api/v1/purchases?{query}").json["purchases"]
        return [purchase["purchase_id"] for purchase in found]

    assert listed("fulfilled=true") == ["p1"]
    assert listed("fulfilled=false&status=succeeded") == ["p2"]
    assert shop.get("/api/v1/purchases?fulfilled=1").json["error"] == "invalid_query"


def test_n3_it_is_logged_after_it_is_done(
    shop: Backend, alice: Person, logged: Callable[..., Any]
) -> None:
    alice.purchase("p1", **SWORD)
    fulfil(shop, "p1")

    [line] = logged("purchase_fulfilled")

    assert (line["purchase_id"], line["reference"], line["user_id"]) == ("p1", "d1", "alice")


def test_n3_tampering_with_what_was_handed_out_is_found(
    shop: Backend, alice: Person, command: Command, sql: psycopg.Connection[Any]
) -> None:
    alice.purchase("p1", **SWORD)
    fulfil(shop, "p1")
    sql.execute("UPDATE purchases SET fulfilment_reference = 'other'")

    found = command("db", "check")

    assert found.exit_code == 1
    assert "the row is not where its history ends" in found.stdout
    sql.execute("UPDATE purchases SET fulfilment_reference = 'd1'")
