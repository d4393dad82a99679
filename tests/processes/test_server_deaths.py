"""G13, G14, G16: processes are killed, and what was acknowledged is there."""

import itertools
import signal
import threading
import time
from typing import Any

import psycopg
import requests
from harness.constants import SWORD
from harness.people import Answer
from harness.postgres import Mortal, connections
from harness.types import Serve, Sql
from harness.waiting import blocked, eventually, in_background, together
from harness.wire import Wire

from stars.domain import checks


def test_g13_a_server_killed_before_the_commit_leaves_nothing(
    url: str, sql: Sql, serve: Serve
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
        eventually(lambda: connections(sql) == 0)
        holder.commit()
    caller.join()

    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)
    assert sql.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_g13_a_server_killed_after_the_commit_answers_a_resend_with_the_stored_result(
    url: str, sql: Sql, wire: Wire, serve: Serve
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
    mortal: Mortal, serve: Serve
) -> None:
    served = serve(DATABASE_URL=mortal.url)
    acknowledged: dict[str, str] = {}
    refused: list[int] = []
    stop = threading.Event()

    def note(purchase_id: str, answer: Answer) -> None:
        if answer.status_code < 300:
            acknowledged[purchase_id] = answer.json["status"]
        else:
            refused.append(answer.status_code)

    def buy(number: int) -> None:
        buyer = served.person(f"buyer-{number}")
        for count in itertools.takewhile(lambda _: not stop.is_set(), itertools.count()):
            purchase_id = f"p-{number}-{count}"
            note(purchase_id, buyer.invoice(purchase_id))
            note(purchase_id, buyer.purchase(purchase_id, **SWORD))

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
        assert checks.find(conn) == []
    reached = {"pending": {"pending", "succeeded"}, "succeeded": {"succeeded"}}
    lost = {
        purchase_id
        for purchase_id, status in acknowledged.items()
        if there.get(purchase_id) not in reached[status]
    }
    assert lost == set()


def test_g16_without_a_database_every_caller_is_refused_in_time_and_served_again_after(
    mortal: Mortal, serve: Serve
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
    mortal: Mortal, serve: Serve
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
