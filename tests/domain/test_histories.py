"""G10-G12: what a history may be: failures, reopening, versions and times."""

from datetime import datetime
from typing import Any

from flask import Flask
from harness.people import Person, person
from harness.races import LOCK_P1, mark_failed
from harness.types import Command, Logged, Sql
from harness.waiting import race

MOMENTS = (
    ("purchases", "created_at"),
    ("purchases", "invoiced_at"),
    ("events", "created_at"),
)


def created(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["created_at"])


def test_g10_a_failed_purchase_can_be_completed(alice: Person, command: Command) -> None:
    alice.invoice("p1")
    command("purchase", "fail", "p1")
    done = alice.purchase("p1")

    assert done.json["status"] == "succeeded"
    events = alice.events("p1")
    told = [(event["event_type"], event["payload"].get("previous_status")) for event in events]
    assert told == [
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

    assert reopened.status_code == 200
    assert reopened.json == first.json
    assert not reopened.replayed
    assert len(logged("purchase_invoice_reopened")) == 1
    assert alice.history("p1") == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_invoice_reopened",
    ]


def test_g10_after_reopening_the_time_counts_from_there(
    alice: Person, command: Command, sql: Sql
) -> None:
    alice.invoice("p1")
    command("purchase", "fail", "p1")
    sql.execute("UPDATE purchases SET invoiced_at = invoiced_at - interval '1 hour'")
    alice.invoice("p1")
    alice.purchase("p1")

    assert alice.events("p1")[-1]["payload"]["invoice_to_purchase_ms"] < 3_600_000


def test_g11_failing_twice_is_one_event(alice: Person, command: Command, logged: Logged) -> None:
    alice.invoice("p1")
    first = command("purchase", "fail", "p1")
    again = command("purchase", "fail", "p1")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "nothing changed" in again.stdout
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_failed"]
    assert [line["previous_status"] for line in logged("purchase_failed")] == ["pending"]


def test_g11_failing_an_unknown_id_is_refused(command: Command) -> None:
    refused = command("purchase", "fail", "nobody-knows")

    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr == "Error: There is no purchase nobody-knows.\n"


def test_g12_versions_have_no_gaps_and_time_never_runs_backwards(
    app: Flask, alice: Person, command: Command, url: str
) -> None:
    alice.invoice("p1")
    acts = [lambda: person(app, "alice").purchase("p1"), lambda: mark_failed(app, "p1")] * 5
    race(url, LOCK_P1, *acts)
    for _ in range(3):
        alice.invoice("p1")
        command("purchase", "fail", "p1")

    events = alice.events("p1")
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    moments = [created(event) for event in events]
    assert moments == sorted(moments)
    assert len({event["event_id"] for event in events}) == len(events)


def test_g12_a_clock_that_steps_back_does_not_turn_history_round(alice: Person, sql: Sql) -> None:
    alice.invoice("p1")
    sql.execute("ALTER TABLE events DISABLE TRIGGER events_are_append_only")
    for table, column in MOMENTS:
        sql.execute(f"UPDATE {table} SET {column} = {column} + interval '1 hour'")
    sql.execute("ALTER TABLE events ENABLE TRIGGER events_are_append_only")
    alice.purchase("p1")

    first, second = alice.events("p1")
    assert created(second) >= created(first)
