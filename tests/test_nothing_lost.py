"""G13-G18: real deaths of processes, connections and servers; what was acknowledged is there, what was not is whole."""

import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest
import requests
from harness.constants import API, SWORD
from harness.people import Person, person
from harness.postgres import Mortal
from harness.servers import Served
from harness.waiting import eventually, together
from harness.wire import Wire

from stars.config import THREADS
from stars.database.pool import Database
from stars.database.queries import queries


def blocked(sql: psycopg.Connection[Any]) -> bool:
    """Whether somebody waits for a lock in this database."""
    query = """SELECT count(*) > 0 FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'stars' AND wait_event_type = 'Lock'"""
    return sql.execute(query).fetchone() == (True,)


def others(sql: psycopg.Connection[Any]) -> int:
    """How many connections of the service this database has."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'stars'"
    return sql.execute(query).fetchone()[0]


def in_background(act: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        with suppress(requests.RequestException):  # the death of the server is what is under test
            act()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_g13_a_server_killed_before_the_commit_leaves_nothing(
    url: str, sql: psycopg.Connection[Any], serve: Callable[..., Served]
) -> None:
    served = serve(DATABASE_URL=url)
    with psycopg.connect(url) as holder:
        holder.execute(
            "LOCK TABLE events IN ACCESS EXCLUSIVE MODE"
        )  # the statement stops in its middle
        caller = in_background(lambda: served.person("alice").purchase("p1", **SWORD))
        eventually(lambda: blocked(sql))
        for process in [*served.workers(), served.process]:
            process.send_signal(signal.SIGKILL)
        eventually(lambda: others(sql) == 0)
        holder.commit()
    caller.join()

    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)
    assert sql.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_g13_a_server_killed_after_the_commit_answers_a_resend_with_the_stored_result(
    url: str, sql: psycopg.Connection[Any], wire: Wire, serve: Callable[..., Served]
) -> None:
    served = serve(DATABASE_URL=wire.url, WEB_CONCURRENCY="1")
    served.person("alice").invoice("p0")  # the connection is open
    wire.holding_answers = True
    caller = in_background(lambda: served.person("alice").purchase("p1", **SWORD))
    eventually(
        lambda: (
            sql.execute("SELECT count(*) FROM purchases WHERE purchase_id = 'p1'").fetchone()
            == (1,)
        )
    )
    for process in [*served.workers(), served.process]:
        process.send_signal(signal.SIGKILL)
    caller.join()
    wire.cut()

    resent = serve(DATABASE_URL=url).person("alice").purchase("p1", **SWORD)
    assert (resent.status_code, resent.json["status"]) == (200, "succeeded")
    assert resent.headers["Idempotent-Replayed"] == "true"
    assert sql.execute("SELECT event_type FROM events WHERE purchase_id = 'p1'").fetchall() == [
        ("purchase_succeeded",)
    ]


def test_g14_what_was_acknowledged_survives_the_death_of_postgresql(
    mortal: Mortal, serve: Callable[..., Served]
) -> None:
    served = serve(DATABASE_URL=mortal.url)
    acknowledged: dict[str, str] = {}
    refused: list[int] = []
    stop = threading.Event()

    def buy(number: int) -> None:
        buyer = served.person(f"buyer-{number}")
        for count in range(100_000):
            if stop.is_set():
                return
            purchase_id = f"p-{number}-{count}"
            for call in (
                lambda: buyer.invoice(purchase_id),
                lambda: buyer.purchase(purchase_id, **SWORD),
            ):
                answer = call()
                if answer.status_code < 300:
                    acknowledged[purchase_id] = answer.json["status"]
                else:
                    refused.append(answer.status_code)

    buyers = [threading.Thread(target=buy, args=[number]) for number in range(6)]
    for buyer in buyers:
        buyer.start()
    for _ in range(2):
        seen = len(acknowledged)
        eventually(lambda seen=seen: len(acknowledged) > seen + 100)
        hurt = len(refused)
        mortal.kill()
        eventually(lambda hurt=hurt: len(refused) > hurt)
        mortal.start()
    seen = len(acknowledged)
    eventually(lambda: len(acknowledged) > seen + 100)  # it came back by itself
    stop.set()
    for buyer in buyers:
        buyer.join()

    assert set(refused) == {503}
    with psycopg.connect(mortal.url, autocommit=True) as conn:
        there = dict(conn.execute("SELECT purchase_id, status FROM purchases").fetchall())
        assert list(queries.find_contradictions(conn)) == []
    reached = {"pending": {"pending", "succeeded"}, "succeeded": {"succeeded"}}
    lost = {
        purchase_id
        for purchase_id, status in acknowledged.items()
        if there.get(purchase_id) not in reached[status]
    }
    assert lost == set()


def test_g15_a_connection_that_dies_with_the_answer_is_a_503_and_a_resend_tells_the_truth(
    make_app: Callable[..., Any], sql: psycopg.Connection[Any], wire: Wire
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


def test_g16_without_a_database_every_caller_is_refused_in_time_and_served_again_after(
    mortal: Mortal, serve: Callable[..., Served]
) -> None:
    served = serve(DATABASE_URL=mortal.url)
    assert served.person("alice").invoice("p1").status_code == 201
    mortal.kill()

    def timed(number: int) -> tuple[float, Any]:
        began = time.monotonic()
        answer = served.person("alice").invoice(f"p-{number}")
        return time.monotonic() - began, answer

    for took, answer in together(*(lambda number=number: timed(number) for number in range(60))):
        assert (answer.status_code, answer.json["error"]) == (503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert took < 5
    assert served.answers("/livez")
    assert requests.get(served.address + "/readyz", timeout=5).status_code == 503
    mortal.start()
    assert eventually(lambda: served.answers("/readyz"))
    assert served.person("alice").invoice("p1").headers["Idempotent-Replayed"] == "true"


def test_g16_a_restart_of_postgresql_costs_no_caller_an_answer(
    mortal: Mortal, serve: Callable[..., Served]
) -> None:
    served = serve(DATABASE_URL=mortal.url)
    callers = [served.person("alice") for _ in range(8)]
    assert {
        one.status_code for one in together(*(lambda c=c: c.invoice("p1") for c in callers))
    } <= {200, 201}
    mortal.kill()
    mortal.start()

    assert {
        one.status_code for one in together(*(lambda c=c: c.invoice("p1") for c in callers))
    } == {200}


def test_g16_an_exhausted_pool_is_a_503_in_time(url: str, app: Any, alice: Person) -> None:
    db: Database = app.extensions["stars"].db
    alice.invoice("p1")
    held = [db.connection() for _ in range(THREADS)]
    for connection in held:
        connection.__enter__()
    began = time.monotonic()
    refused = alice.invoice("p1")
    took = time.monotonic() - began
    for connection in held:
        connection.__exit__(None, None, None)

    assert (refused.status_code, refused.json["error"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert took < 5
    assert alice.invoice("p1").status_code == 200


def test_g16_a_server_that_falls_silent_is_a_503_in_time(
    make_app: Callable[..., Any], wire: Wire, url: str
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


def test_g17_a_lock_held_by_somebody_is_busy_and_not_a_long_wait(
    alice: Person, sql: psycopg.Connection[Any], url: str
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


@pytest.mark.parametrize("keep_alive", [True, False])
def test_g18_sigterm_under_load_cuts_nobody_off(
    url: str, sql: psycopg.Connection[Any], serve: Callable[..., Served], keep_alive: bool
) -> None:
    served = serve(DATABASE_URL=url)
    served.person("alice").invoice("slow")
    outcomes: list[Any] = []
    started = threading.Event()

    def hammer(number: int) -> None:
        session = requests.Session()
        for count in range(100_000):
            body = {"purchase_id": f"p-{number}-{count}", **SWORD}
            try:
                caller: Any = session if keep_alive else requests
                answer = caller.post(
                    served.address + API, json=body, headers={"X-User-Id": "alice"}, timeout=30
                )
                outcomes.append(answer.status_code)
            except requests.ConnectionError as gone:
                if not refused_or_closed_before(gone):
                    outcomes.append(repr(gone))
                break
            if count == 20:
                started.set()
        session.close()

    with psycopg.connect(url) as holder:
        holder.execute("SELECT FROM purchases WHERE purchase_id = 'slow' FOR UPDATE")
        slow: list[Any] = []
        waiting = in_background(
            lambda: slow.append(served.person("alice").purchase("slow").status_code)
        )
        eventually(lambda: blocked(sql))
        hammers = [threading.Thread(target=hammer, args=[number]) for number in range(6)]
        for one in hammers:
            one.start()
        started.wait(20)
        served.process.send_signal(signal.SIGTERM)
        eventually(lambda: served.lines("Handling signal: term"))
        holder.commit()
    waiting.join()
    for one in hammers:
        one.join()

    assert slow == [200]
    assert served.process.wait(15) == 0  # though other connections are still open
    assert set(outcomes) == {200}
    assert (
        len(outcomes)
        == sql.execute("SELECT count(*) FROM purchases WHERE purchase_id <> 'slow'").fetchone()[0]
    )


def refused_or_closed_before(gone: requests.ConnectionError) -> bool:
    """Whether the request never reached the service: no listener, or a connection it closed while it was idle."""
    return any(
        said in repr(gone)
        for said in ("Connection refused", "RemoteDisconnected", "Connection reset by peer")
    )
