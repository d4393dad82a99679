"""`flask purchase`: show, list, events, fail."""

import json

from harness.people import Person
from harness.types import Command, Logged, Sql

from stars.database.pool import Database
from stars.domain import purchases
from stars.domain.types import ANYBODY


def test_show_one_purchase(alice: Person, command: Command) -> None:
    made = alice.purchase("p1", item_id="sword", price_stars=5, metadata={"a": "\u00e9"}).json

    assert json.loads(command("purchase", "show", "p1", "--json").stdout) == made
    shown = command("purchase", "show", "p1")
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.stdout.splitlines()] == list(made)
    assert "status         succeeded\n" in shown.stdout
    assert 'metadata       {"a": "\u00e9"}\n' in shown.stdout
    assert "invoiced_at    -\n" in shown.stdout


def test_list_newest_first_and_filtered(alice: Person, bob: Person, command: Command) -> None:
    assert command("purchase", "list").stdout == "No purchases.\n"
    for number in range(3):
        alice.invoice(f"p{number}")
    bob.purchase("b1", item_id="sword", price_stars=5)

    def listed(*options: str) -> list[str]:
        return [
            one["purchase_id"]
            for one in json.loads(command("purchase", "list", "--json", *options).stdout)
        ]

    assert listed() == ["b1", "p2", "p1", "p0"]
    assert listed("--user", "alice", "--limit", "2") == ["p2", "p1"]
    assert listed("--status", "succeeded") == ["b1"]
    table = command("purchase", "list").stdout.splitlines()
    assert table[0].split()[:3] == ["purchase_id", "status", "price_stars"]
    assert table[1].split()[:3] == ["b1", "succeeded", "5"]


def test_the_events_of_a_purchase(alice: Person, command: Command) -> None:
    alice.invoice("p1")
    command("purchase", "fail", "p1")

    found = json.loads(command("purchase", "events", "p1", "--json").stdout)
    assert [(one["version"], one["event_type"]) for one in found] == [
        (1, "purchase_invoice_created"),
        (2, "purchase_failed"),
    ]
    assert found[1]["request_id"].startswith("console-")
    assert found[1]["user_id"] == "alice"
    assert len(command("purchase", "events", "p1").stdout.splitlines()) == 3


def test_mark_failed(alice: Person, command: Command, logged: Logged) -> None:
    alice.purchase("p1", item_id="sword", price_stars=5)
    failed = command("purchase", "fail", "p1")

    assert failed.exit_code == 0
    assert failed.stdout.startswith("It was succeeded and is failed now.\n")
    assert alice.get("p1").json["status"] == "failed"
    line = logged("purchase_failed")[0]
    assert (line["purchase_id"], line["previous_status"], line["level"]) == (
        "p1",
        "succeeded",
        "INFO",
    )
    assert json.loads(command("purchase", "fail", "p1", "--json").stdout)["status"] == "failed"


def test_a_live_purchase_that_succeeded_is_not_marked_failed(
    alice: Person, command: Command, sql: Sql
) -> None:
    alice.purchase("p1", item_id="sword", price_stars=5)
    sql.execute("UPDATE purchases SET mode = 'live'")
    refused = command("purchase", "fail", "p1")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "refund it instead" in refused.stderr
    assert sql.execute("SELECT status, version FROM purchases").fetchone() == ("succeeded", 1)
    sql.execute("UPDATE purchases SET mode = 'mock'")  # as a live one it would lack its charge


def test_a_list_is_planned_for_its_very_filters(url: str, alice: Person) -> None:
    """A plan for any filters would read all purchases to find those of a user who has few."""
    alice.invoice("p1")
    db = Database(lambda: url, max_connections=1)
    for _ in range(10):  # PostgreSQL keeps a plan after ten at the latest
        assert purchases.find(db, user_id="nobody") == []
        purchases.get(db, purchase_id="p1", owner=ANYBODY)
    with db.connection() as conn:
        kept = [
            statement
            for (statement,) in conn.execute("SELECT statement FROM pg_prepared_statements")
        ]
    assert [statement for statement in kept if "ORDER BY created_at DESC" in statement] == []
    assert kept  # others are, so they would show
    db.close()
