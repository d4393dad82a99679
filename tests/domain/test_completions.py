"""G5, G6: a purchase is completed once, with or without an invoice."""

from datetime import UTC, datetime

from harness.constants import SWORD
from harness.people import Person
from harness.races import bodies
from harness.types import Logged

FIELDS = [
    "purchase_id",
    "user_id",
    "item_id",
    "price_stars",
    "purchase_type",
    "subscription_period",
    "status",
    "mode",
    "source",
    "channel",
    "metadata",
    "created_at",
    "invoiced_at",
    "succeeded_at",
    "failed_at",
    "fulfilled_at",
    "pay_url",
]


def test_g5_a_purchase_needs_no_invoice(alice: Person, logged: Logged) -> None:
    done = alice.purchase("p1", **SWORD, metadata={"a": 1})

    assert done.status_code == 200
    assert done.json["status"] == "succeeded"
    assert done.json["invoiced_at"] is None
    assert not done.replayed
    assert logged("purchase_succeeded")[0]["previous_status"] is None


def test_g5_its_one_event_tells_all_of_it(alice: Person) -> None:
    alice.purchase("p1", **SWORD, metadata={"a": 1})
    (event,) = alice.events("p1")

    assert (event["version"], event["event_type"]) == (1, "purchase_succeeded")
    assert event["payload"] == {
        "purchase_id": "p1",
        **SWORD,
        "previous_status": None,
        "metadata": {"a": 1},
        "invoice_to_purchase_ms": None,
    }


def test_g6_completing_many_times_is_one_event_and_equal_answers(
    alice: Person, logged: Logged
) -> None:
    alice.invoice("p1")
    answers = [alice.purchase("p1") for _ in range(5)]

    assert answers[0].json["status"] == "succeeded"
    assert bodies(answers) == [answers[0].json] * 5
    assert [answer.replayed for answer in answers] == [False, True, True, True, True]
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_succeeded"]
    assert len(logged("purchase_succeeded")) == 1
    assert len(logged("purchase_succeeded_idempotent")) == 4


def test_g6_the_invoice_of_a_succeeded_purchase_says_succeeded(alice: Person) -> None:
    alice.purchase("p1", **SWORD)
    answer = alice.invoice("p1")

    assert answer.status_code == 200
    assert answer.json == {"purchase_id": "p1", "status": "succeeded", "pay_url": None}


def test_a_look_at_ones_own_purchase(alice: Person) -> None:
    alice.invoice("p1", source="shop")
    done = alice.purchase("p1")

    assert alice.get("p1").json == done.json
    assert list(done.json) == FIELDS
    succeeded_at = datetime.fromisoformat(done.json["succeeded_at"])
    assert succeeded_at.utcoffset() == UTC.utcoffset(None)


def test_what_is_not_there_is_not_found(alice: Person) -> None:
    for unknown in ("p2", "p%00"):
        assert alice.get(unknown).refusal == (404, "purchase_not_found")


def test_the_funnel_gets_its_milliseconds(alice: Person) -> None:
    alice.invoice("p1")
    done = alice.purchase("p1").json
    invoiced_at = datetime.fromisoformat(done["invoiced_at"])
    took = datetime.fromisoformat(done["succeeded_at"]) - invoiced_at

    event = alice.events("p1")[-1]
    assert event["payload"]["invoice_to_purchase_ms"] == int(took.total_seconds() * 1000)
