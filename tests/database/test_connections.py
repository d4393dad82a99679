"""G15-G17: connections that die, fall silent, are all taken or wait for a lock."""

import time
from typing import Any

import psycopg
import pytest
from harness.people import Person, person
from harness.types import MakeApp, Sql
from harness.waiting import blocked, eventually, together
from harness.wire import Wire
from psycopg_pool import ConnectionPool

from stars.config import DATABASE_CONNECTIONS, Settings
from stars.database.pool import Database


def test_g15_a_connection_that_dies_with_the_answer_is_a_503_and_a_resend_tells_the_truth(
    make_app: MakeApp, sql: Sql, wire: Wire
) -> None:
    alice = person(make_app(database_url=wire.url), "alice")
    alice.invoice("p1")
    wire.holding_answers = True

    def cut_once_committed() -> None:
        eventually(lambda: sql.execute("SELECT status FROM purchases").fetchone() == ("succeeded",))
        wire.cut()

    answer, _ = together(lambda: alice.purchase("p1"), cut_once_committed)
    assert (answer.status_code, answer.json["error"]) == (503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0

    resent = alice.purchase("p1")
    assert (resent.status_code, resent.json["status"], resent.headers["Idempotent-Replayed"]) == (
        200,
        "succeeded",
        "true",
    )
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_succeeded"]


def counted(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list[str]:
    """Return a list that grows by each call of a method."""
    calls: list[str] = []
    original = getattr(owner, name)

    def counting(self: Any, *args: Any) -> Any:
        calls.append(name)
        return original(self, *args)

    monkeypatch.setattr(owner, name, counting)
    return calls


def test_g16_an_exhausted_pool_is_a_503_in_time(
    app: Any, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits is asleep: a crowd that looked again and again would have no CPU left to serve."""
    db: Database = app.extensions["stars"].db
    alice.invoice("p1")
    held = [db.connection() for _ in range(DATABASE_CONNECTIONS)]
    for connection in held:
        connection.__enter__()
    looks = counted(monkeypatch, ConnectionPool, "getconn")
    began = time.monotonic()
    refused = alice.invoice("p1")
    took = time.monotonic() - began
    looked = len(looks)
    for connection in held:
        connection.__exit__(None, None, None)

    assert (refused.status_code, refused.json["error"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert took < 5
    assert looked < 5
    assert alice.invoice("p1").status_code == 200


def test_g16_a_server_that_falls_silent_is_a_503_in_time(
    make_app: MakeApp, wire: Wire, url: str
) -> None:
    alice = person(make_app(database_url=wire.url), "alice")
    alice.invoice("p1")
    wire.holding_answers = True
    began = time.monotonic()
    refused = alice.purchase("p1")

    assert time.monotonic() - began < 5
    assert (refused.status_code, refused.json["error"]) == (503, "database_unavailable")
    wire.cut()
    assert alice.purchase("p1").status_code == 200


def test_a_process_has_no_more_connections_than_it_is_told(
    make_app: MakeApp, sql: Sql, url: str
) -> None:
    app = make_app(database_connections=2)
    person(app, "alice").invoice("p1")
    acts = [lambda: person(app, "alice").purchase("p1") for _ in range(6)]
    with psycopg.connect(url) as holder:
        holder.execute("SELECT FROM purchases WHERE purchase_id = 'p1' FOR UPDATE")

        def count_and_let_go() -> int:
            eventually(lambda: blocked(sql) == 2)
            connections = count_connections(sql)
            holder.rollback()
            return connections

        *answers, connections = together(*acts, count_and_let_go)

    assert connections == 2
    # On a machine that is busy enough, one has waited too long for its turn.
    assert {answer.status_code for answer in answers} <= {200, 503}


def count_connections(sql: Sql) -> int:
    """Return how many connections the service has to this database."""
    row = sql.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'stars' AND datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_by_default_the_web_and_a_worker_leave_two_of_twenty_connections() -> None:
    settings = Settings()
    processes = settings.workers + 1

    assert processes * settings.database_connections <= 18


def test_g17_a_lock_held_by_somebody_is_busy_and_not_a_long_wait(
    alice: Person, sql: Sql, url: str
) -> None:
    alice.invoice("p1")
    with psycopg.connect(url) as holder:
        holder.execute("SELECT FROM purchases WHERE purchase_id = 'p1' FOR UPDATE")
        began = time.monotonic()
        refused = alice.purchase("p1")
        took = time.monotonic() - began
    assert (refused.status_code, refused.json["error"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert 2.5 < took < 5
    assert alice.get("p1").json["status"] == "pending"
    assert alice.purchase("p1").status_code == 200
