"""G5, G6: a purchase is completed once, with or without an invoice."""

from datetime import datetime

from harness.constants import API, SWORD
from harness.people import Person
from harness.races import bodies
from harness.types import Logged


def test_g5_a_purchase_needs_no_invoice(alice: Person, logged: Logged) -> None:
    done = alice.purchase("p1", **SWORD, metadata={"a": 1})

    assert (done.status_code, done.json["status"], done.json["invoiced_at"]) == (
        200,
        "succeeded",
        None,
    )
    assert "Idempotent-Replayed" not in done.headers
    events = alice.send("GET", f"{API}/p1/events", alice.headers).json
    assert [(event["version"], event["event_type"]) for event in events] == [
        (1, "purchase_succeeded")
    ]
    assert events[0]["payload"] == {
        "purchase_id": "p1",
        "item_id": "golden-sword",
        "price_stars": 50,
        "purchase_type": "cosmetic",
        "previous_status": None,
        "metadata": {"a": 1},
        "invoice_to_purchase_ms": None,
    }
    assert logged("purchase_succeeded")[0]["previous_status"] is None


def test_g6_completing_many_times_is_one_event_and_equal_answers(
    alice: Person, logged: Logged
) -> None:
    alice.invoice("p1")
    answers = [alice.purchase("p1") for _ in range(5)]

    assert bodies(answers) == [answers[0].json] * 5
    assert answers[0].json["status"] == "succeeded"
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None] + [
        "true"
    ] * 4
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_succeeded"]
    assert len(logged("purchase_succeeded")) == 1
    assert len(logged("purchase_succeeded_idempotent")) == 4


def test_g6_the_invoice_of_a_succeeded_purchase_says_succeeded(alice: Person) -> None:
    alice.purchase("p1", **SWORD)

    answer = alice.invoice("p1")
    assert (answer.status_code, answer.json) == (
        200,
        {"purchase_id": "p1", "status": "succeeded", "pay_url": None},
    )


def test_a_look_at_ones_own_purchase(alice: Person) -> None:
    alice.invoice("p1", source="shop")
    done = alice.purchase("p1")

    assert alice.get("p1").json == done.json
    assert list(done.json) == [
        "purchase_id",
        "user_id",
        "item_id",
        "price_stars",
        "purchase_type",
        "status",
        "mode",
        "source",
        "channel",
        "metadata",
        "created_at",
        "invoiced_at",
        "succeeded_at",
        "failed_at",
        "pay_url",
    ]
    assert datetime.fromisoformat(done.json["succeeded_at"]).utcoffset().total_seconds() == 0
    assert alice.get("p2").json["error"] == "purchase_not_found"
    assert alice.get("p%00").json["error"] == "purchase_not_found"


def test_the_funnel_gets_its_milliseconds(alice: Person) -> None:
    invoiced = alice.invoice("p1") and alice.get("p1").json["invoiced_at"]
    done = alice.purchase("p1").json
    took = datetime.fromisoformat(done["succeeded_at"]) - datetime.fromisoformat(invoiced)

    event = alice.send("GET", f"{API}/p1/events", alice.headers).json[-1]
    assert event["payload"]["invoice_to_purchase_ms"] == int(took.total_seconds() * 1000)
