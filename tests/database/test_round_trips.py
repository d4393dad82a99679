"""One transition is one statement: one round trip, one transaction."""

import threading
from typing import Any

import psycopg
import pytest
from harness.constants import SWORD
from harness.people import Person, person
from harness.types import Sql


def test_one_transition_is_one_round_trip(
    app: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Count what is sent to PostgreSQL, by whoever asks for what."""
    sent: list[str] = []
    original = psycopg.Cursor.execute

    def counting(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        # The pool's own threads open connections meanwhile, and look at what they lead to.
        if threading.current_thread() is threading.main_thread():
            sent.append(str(query)[:40])
        return original(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", counting)
    alice, bob = person(app, "alice"), person(app, "bob")
    alice.get("warm")  # the connection is open
    calls = [
        lambda: alice.invoice("p1"),
        lambda: alice.invoice("p1"),
        lambda: alice.purchase("p1"),
        lambda: alice.purchase("p1"),
        lambda: bob.purchase("p1"),
        lambda: alice.purchase("p2", **SWORD),
        lambda: alice.get("p1"),
        lambda: alice.history("p1"),
        lambda: alice.purchase("unknown"),
    ]
    for call in calls:
        sent.clear()
        call()
        assert len(sent) == 1


def test_one_transition_is_one_transaction(alice: Person, sql: Sql) -> None:
    alice.invoice("p1")
    alice.purchase("p1")
    rows = sql.execute(
        "SELECT p.xmin, e.xmin FROM purchases p JOIN events e USING (purchase_id, version)"
    ).fetchall()
    assert [row == event for row, event in rows] == [True]
