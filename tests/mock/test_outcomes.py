"""G27: an outcome asked for by header does what it says, once."""

import time

import pytest
from harness.constants import API, SWORD
from harness.outcomes import steered
from harness.people import Person
from harness.types import Logged

OUTCOMES = ["paid", "failed", "pending", "lost"]


def test_g27_failed_answers_200_and_the_next_try_succeeds(alice: Person, logged: Logged) -> None:
    alice.invoice("p1")
    failed = steered(alice, "p1", "failed")
    paid = steered(alice, "p1", "paid")

    assert (failed.status_code, failed.json["status"]) == (200, "failed")
    assert paid.json["status"] == "succeeded"
    assert [line["previous_status"] for line in logged("purchase_failed")] == ["pending"]
    assert alice.history("p1") == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_succeeded",
    ]


def test_g27_failing_twice_is_failing_once(alice: Person) -> None:
    alice.invoice("p1")
    failed = steered(alice, "p1", "failed")
    again = steered(alice, "p1", "failed")

    assert again.json == failed.json
    assert (failed.replayed, again.replayed) == (False, True)
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_failed"]


def test_g27_pending_leaves_a_purchase_as_it_is(alice: Person) -> None:
    alice.invoice("p1")
    answer = steered(alice, "p1", "pending")

    assert (answer.status_code, answer.json["status"]) == (200, "pending")
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g27_lost_is_carried_out(alice: Person) -> None:
    lost = steered(alice, "p1", "lost", **SWORD)

    assert lost.refusal == (504, "answer_lost")
    assert alice.history("p1") == ["purchase_succeeded"]


@pytest.mark.parametrize("headers", [{}, {"X-Mock-Outcome": "lost"}])
def test_g27_a_resend_of_what_was_lost_has_the_stored_success(
    alice: Person, logged: Logged, headers: dict[str, str]
) -> None:
    """Clients resend headers too."""
    steered(alice, "p1", "lost", **SWORD)
    resend = alice.post(API, {"purchase_id": "p1", **SWORD}, **headers)

    assert (resend.status_code, resend.json["status"]) == (200, "succeeded")
    assert resend.replayed
    assert alice.history("p1") == ["purchase_succeeded"]
    assert len(logged("purchase_succeeded")) == 1


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_g27_what_succeeded_stays_so_whatever_is_asked(alice: Person, outcome: str) -> None:
    done = alice.purchase("p1", **SWORD)
    again = steered(alice, "p1", outcome)

    assert (again.status_code, again.json) == (200, done.json)
    assert alice.history("p1") == ["purchase_succeeded"]


@pytest.mark.parametrize(
    ("outcome", "status", "events"),
    [
        ("paid", "succeeded", ["purchase_succeeded"]),
        ("failed", "failed", ["purchase_invoice_created", "purchase_failed"]),
        ("pending", "pending", ["purchase_invoice_created"]),
    ],
)
def test_g27_without_an_invoice_it_ends_as_asked(
    alice: Person, outcome: str, status: str, events: list[str]
) -> None:
    answer = steered(alice, "p1", outcome, **SWORD)

    assert (answer.status_code, answer.json["status"]) == (200, status)
    assert alice.history("p1") == events


@pytest.mark.parametrize("outcome", ["paid", "failed", "pending"])
def test_g27_without_an_invoice_it_has_to_say_of_what(alice: Person, outcome: str) -> None:
    assert steered(alice, "p1", outcome).refusal == (422, "invalid_purchase_payload")
    assert alice.history("p1") == []


@pytest.mark.parametrize("outcome", ["failed", "pending"])
def test_g27_what_is_not_paid_can_be_paid_on_the_sheet(alice: Person, outcome: str) -> None:
    steered(alice, "p1", outcome, **SWORD)

    assert alice.invoice("p1").json["pay_url"] is not None


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_g27_another_user_or_price_is_a_conflict_whatever_is_asked(
    alice: Person, bob: Person, outcome: str
) -> None:
    alice.invoice("p1")

    assert steered(bob, "p1", outcome).refusal == (409, "purchase_conflict")
    assert steered(alice, "p1", outcome, price_stars=51).json["mismatched"] == ["price_stars"]
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g27_a_delay_is_waited_before_anything_is_done(alice: Person) -> None:
    begun = time.monotonic()
    answer = alice.post(API, {"purchase_id": "p1", **SWORD}, **{"X-Mock-Delay": "0.3"})

    assert time.monotonic() - begun >= 0.3
    assert answer.json["status"] == "succeeded"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Mock-Outcome", "stolen"),
        ("X-Mock-Outcome", ""),
        ("X-Mock-Delay", "11"),
        ("X-Mock-Delay", "-1"),
        ("X-Mock-Delay", "soon"),
        ("X-Mock-Delay", "nan"),
        ("X-Mock-Delay", "inf"),
    ],
)
def test_g27_a_header_that_cannot_be_meant_is_refused(
    alice: Person, header: str, value: str
) -> None:
    answer = alice.post(API, {"purchase_id": "p1", **SWORD}, **{header: value})

    assert answer.refusal == (422, "invalid_purchase_payload")
    assert list(answer.json["errors"]) == [header]
    assert alice.get("p1").status_code == 404
