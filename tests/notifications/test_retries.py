"""N2: what was not taken is told again: pauses, dead workers, faults on request, by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness.deliveries import DUE_NOW, Start, log, states
from harness.people import Person
from harness.receiver import Receiver, Reply
from harness.types import Command, Sql
from harness.waiting import eventually

from stars.domain.service import Service
from stars.notifications import deliveries, endpoints
from stars.outgoing import Outcome


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
def test_n2_anything_but_2xx_is_tried_again_with_the_same_id(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    sql: Sql,
    status: int,
) -> None:
    elsewhere = {"Location": receiver.url + "/elsewhere"}
    replies: list[Reply] = [(status, elsewhere, b"no"), (200, {}, b"yes")]
    receiver.answer = lambda _told: replies.pop(0)
    start_worker()
    alice.purchase("p1", item_id="sword", price_stars=5)
    eventually(lambda: states(here) == ["retrying"])
    [failed] = log(here)

    sql.execute(DUE_NOW)
    eventually(lambda: states(here) == ["delivered"])

    first, second = receiver.told
    assert (failed["last_status"], failed["last_answer"]) == (status, "no")
    assert first.path == second.path == "/stars"
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    [delivered] = log(here)
    assert (delivered["attempts"], delivered["last_answer"]) == (2, "yes")


def test_n2_what_waits_for_an_earlier_one_is_not_due_meanwhile(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    sql: Sql,
) -> None:
    """Or workers would look through all that waits for an endpoint that is gone, at each look."""
    receiver.answer = lambda _told: (500, {}, b"")
    alice.invoice("p1")
    alice.purchase("p1")
    start_worker()
    eventually(lambda: states(here) == ["retrying", "waiting"])
    sql.execute("UPDATE deliveries SET due_at = due_at + interval '1 hour'")

    here.payments.act("fail", purchase_id="p1", request_id="r", address="")

    eventually(lambda: len(states(here)) == 3)
    due = "SELECT DISTINCT due_at FROM deliveries"
    assert len(sql.execute(due).fetchall()) == 1


def test_n2_410_disables_and_enabling_goes_on_from_there(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    sql: Sql,
) -> None:
    receiver.answer = lambda _told: (410, {}, b"")
    start_worker()
    alice.invoice("p1")

    def listed() -> Any:
        return endpoints.find(here.db, mode="mock")[0]

    eventually(lambda: listed()["disabled_at"])
    alice.purchase("p1")
    receiver.answer = lambda _told: (204, {}, b"")

    endpoints.enable(here.db, endpoint_id=endpoint[0], mode="mock")
    sql.execute(DUE_NOW)
    eventually(lambda: states(here) == ["delivered"] * 2)

    assert [told.about[1] for told in receiver.told][-2:] == [
        "purchase.invoice_created",
        "purchase.succeeded",
    ]


def test_n2_a_worker_that_dies_leaves_its_work_to_another(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    sql: Sql,
) -> None:
    alice.invoice("p1")
    deliveries.make(here.db)
    [claimed] = deliveries.claim(here.db, mode="mock", limit=10)  # and dies
    assert deliveries.claim(here.db, mode="mock", limit=10) == []

    sql.execute("UPDATE deliveries SET lease_until = clock_timestamp()")
    start_worker()

    [told] = eventually(lambda: list(receiver.told))
    assert told.headers["webhook-id"] == claimed.message["id"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("duplicate", ["created", "created", "succeeded", "succeeded"]),
        ("lost", ["created", "succeeded"]),
        ("reordered", ["succeeded", "created"]),
    ],
)
def test_n2_what_can_go_wrong_goes_wrong_on_request(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    sql: Sql,
    fault: endpoints.Fault,
    told: list[str],
) -> None:
    endpoints.set_fault(here.db, endpoint_id=endpoint[0], mode="mock", fault=fault)
    start_worker()
    alice.invoice("p1")
    alice.purchase("p1")
    if fault == "lost":
        for _ in range(2):
            eventually(lambda: "retrying" in states(here))
            sql.execute(DUE_NOW)
            eventually(lambda: "retrying" not in states(here) or len(receiver.told) == 1)

    eventually(lambda: set(states(here)) == {"delivered"})

    seen = [one.about[1].rpartition("_")[2].rpartition(".")[2] for one in receiver.told]
    assert seen == told


def test_n2_pauses_grow_for_three_days_and_then_it_is_given_up() -> None:
    failed = Outcome(status=500, error="It answered 500.")

    pauses = [deliveries.next_pause(attempts, failed) for attempts in range(1, 11)]

    assert pauses[-1] is None
    for pause, usual in zip(pauses[:-1], deliveries.PAUSES, strict=True):
        assert pause is not None
        assert abs(pause - usual) <= usual * deliveries.JITTER
    assert sum(deliveries.PAUSES, timedelta()) > timedelta(days=3)


@pytest.mark.parametrize(("asked", "at_least"), [(0, 4.5), (600, 600), (10**8, 86_400)])
def test_n2_the_other_side_may_ask_for_a_longer_pause(asked: int, at_least: float) -> None:
    failed = Outcome(status=503, error="It answered 503.", retry_after=asked)

    pause = deliveries.next_pause(1, failed)

    assert pause is not None
    assert at_least <= pause.total_seconds() <= max(5.5, at_least)


def test_n2_one_and_all_since_can_be_sent_again(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    command: Command,
) -> None:
    start_worker()
    begun = datetime.now(UTC) - timedelta(minutes=1)
    alice.invoice("p1")
    alice.purchase("p1")
    eventually(lambda: states(here) == ["delivered"] * 2)
    number = log(here)[0]["delivery_id"]

    assert command("deliveries", "resend", str(number)).exit_code == 0
    eventually(lambda: len(receiver.told) == 3)
    since = begun.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert command("deliveries", "resend-since", str(endpoint[0]), since).stdout.startswith("2 ")
    eventually(lambda: len(receiver.told) == 5)
