"""G10-G12: what a history may be: failures, reopening, versions and times."""

from datetime import datetime
from typing import Any

from harness.constants import API
from harness.people import Person, person
from harness.races import LOCKING, mark_failed
from harness.types import Command, Logged, Sql
from harness.waiting import race


def test_g10_a_failed_purchase_can_be_completed(alice: Person, command: Command) -> None:
    alice.invoice("p1")
    command("purchase", "fail", "p1")
    done = alice.purchase("p1")

    assert done.json["status"] == "succeeded"
    events = alice.send("GET", f"{API}/p1/events", alice.headers).json
    assert [(event["event_type"], event["payload"].get("previous_status")) for event in events] == [
        ("purchase_invoice_created", None),
        ("purchase_failed", "pending"),
        ("purchase_succeeded", "failed"),
    ]


def test_g10_a_failed_purchase_can_be_reopened_by_its_invoice(
    alice: Person, command: Command, logged: Logged
) -> None:
    first = alice.invoice("p1")
    command("purchase", "fail", "p1")
    reopened = alice.invoice("p1")

    assert (reopened.status_code, reopened.json) == (200, first.json)
    assert "Idempotent-Replayed" not in reopened.headers
    assert alice.history("p1") == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_invoice_reopened",
    ]
    assert len(logged("purchase_invoice_reopened")) == 1
    alice.purchase("p1")
    event = alice.send("GET", f"{API}/p1/events", alice.headers).json[-1]
    assert event["payload"]["invoice_to_purchase_ms"] < 60_000


def test_g11_failing_twice_is_one_event(alice: Person, command: Command, logged: Logged) -> None:
    alice.invoice("p1")
    first, again = command("purchase", "fail", "p1"), command("purchase", "fail", "p1")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "nothing changed" in again.stdout
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_failed"]
    assert [line["previous_status"] for line in logged("purchase_failed")] == ["pending"]


def test_g11_failing_an_unknown_id_is_refused(command: Command) -> None:
    refused = command("purchase", "fail", "nobody-knows")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "Error: There is no purchase nobody-knows.\n"


def test_g12_versions_have_no_gaps_and_time_never_runs_backwards(
    app: Any, alice: Person, command: Command, url: str
) -> None:
    alice.invoice("p1")
    race(
        url,
        LOCKING,
        *[lambda: person(app, "alice").purchase("p1"), lambda: mark_failed(app, "p1")] * 5,
    )
    for _ in range(3):
        alice.invoice("p1")
        command("purchase", "fail", "p1")
    events = alice.send("GET", f"{API}/p1/events", alice.headers).json
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    moments = [datetime.fromisoformat(event["created_at"]) for event in events]
    assert moments == sorted(moments)
    assert len({event["event_id"] for event in events}) == len(events)


def test_g12_a_clock_that_steps_back_does_not_turn_history_round(
    alice: Person, command: Command, sql: Sql
) -> None:
    alice.invoice("p1")
    sql.execute("ALTER TABLE events DISABLE TRIGGER events_are_append_only")
    for table, column in (
        ("purchases", "created_at"),
        ("purchases", "invoiced_at"),
        ("events", "created_at"),
    ):
        sql.execute(f"UPDATE {table} SET {column} = {column} + interval '1 hour'")
    sql.execute("ALTER TABLE events ENABLE TRIGGER events_are_append_only")
    alice.purchase("p1")

    first, second = alice.send("GET", f"{API}/p1/events", alice.headers).json
    assert datetime.fromisoformat(second["created_at"]) >= datetime.fromisoformat(
        first["created_at"]
    )
