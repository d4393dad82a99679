"""`flask user`: export and forget, in mock mode and whoever the shop says its users are."""

import json
import threading
from typing import Any

from harness.people import Person
from harness.traces import traces
from harness.types import Command, Sql

SWORD = {"item_id": "sword", "price_stars": 5}


def test_export_is_everything_as_json(alice: Person, bob: Person, command: Command) -> None:
    alice.purchase("p1", **SWORD, metadata={"note": "for Alice"})
    bob.purchase("p2", **SWORD)

    found: dict[str, Any] = json.loads(command("user", "export", "alice").stdout)
    assert [row["purchase_id"] for row in found["purchases"]] == ["p1"]
    assert [row["event_type"] for row in found["events"]] == ["purchase_succeeded"]
    assert "p2" not in json.dumps(found)


def test_forget_asks_first(alice: Person, command: Command) -> None:
    alice.purchase("p1", **SWORD)
    assert command("user", "forget", "alice").exit_code == 1
    assert alice.history("p1") == ["purchase_succeeded"]


def test_forget_leaves_nothing_of_a_user(
    alice: Person, bob: Person, command: Command, sql: Sql
) -> None:
    alice.purchase("p1", **SWORD, metadata={"note": "for alice"})
    alice.invoice("p2", metadata={"note": "for alice"})
    bob.purchase("p3", **SWORD, metadata={"note": "kept"})
    sql.execute(
        "INSERT INTO mock_outcomes (user_id, outcome, delay, times) VALUES ('alice', 'paid', 0, 1)"
    )

    run = command("user", "forget", "alice", "--yes")

    assert run.exit_code == 0
    assert traces(sql, "alice") == []
    assert len(traces(sql, "kept")) == 2
    assert run.stdout.startswith("forgotten-")
    assert command("db", "check").exit_code == 0


def test_a_user_of_whom_nothing_is_kept_is_not_found(command: Command, sql: Sql) -> None:
    for what in (["export"], ["forget", "--yes"]):
        run = command("user", *what, "nobody")
        assert run.exit_code == 1
        assert "Nothing is kept of the user nobody" in run.stderr
    assert sql.execute("SELECT count(*) FROM forgotten_users").fetchone() == (0,)


def test_who_buys_while_they_are_forgotten_contradicts_nothing(
    alice: Person, command: Command, sql: Sql
) -> None:
    start = threading.Barrier(2)

    def buy() -> None:
        start.wait()
        for number in range(30):
            alice.invoice(f"race-{number}")
            alice.purchase(f"race-{number}")

    alice.invoice("first")
    buying = threading.Thread(target=buy)
    buying.start()
    start.wait()
    for _ in range(3):
        command("user", "forget", "alice", "--yes")
    buying.join()
    assert command("db", "check").exit_code == 0
    half = """
        SELECT count(*) FROM events JOIN purchases USING (purchase_id)
        WHERE events.user_id <> purchases.user_id
    """
    assert sql.execute(half).fetchone() == (0,)
