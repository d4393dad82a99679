"""N2: every event reaches every endpoint that asked for it, signed, in order, at least once."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from harness.people import Person
from harness.receiver import Receiver, Reply, Told
from harness.types import Command, Sql
from harness.waiting import eventually
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from stars.domain.service import Service
from stars.notifications import deliveries, endpoints
from stars.outgoing import Outcome
from stars.work.worker import Worker

Start = Callable[[], Worker]
DUE_NOW = "UPDATE deliveries SET due_at = clock_timestamp() WHERE delivered_at IS NULL"


def log(here: Service) -> list[deliveries.DeliveryShown]:
    """The log of deliveries, oldest first."""
    return deliveries.find(here.db, mode="mock")[::-1]


def states(here: Service) -> list[str]:
    """The states of all deliveries, oldest first."""
    return [delivery["state"] for delivery in log(here)]


def test_n2_what_happens_is_told_and_signed(
    alice: Person, receiver: Receiver, endpoint: tuple[int, str], start_worker: Start
) -> None:
    start_worker()
    alice.purchase("p1", item_id="sword", price_stars=5)

    [told] = eventually(lambda: list(receiver.told))

    [event] = alice.events("p1")
    verified = Webhook(endpoint[1]).verify(told.body, told.headers)
    assert verified == {
        "type": "purchase.succeeded",
        "timestamp": event["created_at"],
        "data": event | {"mode": "mock"},
    }
    assert told.headers["webhook-id"] == f"evt_{event['event_id']}"
    assert told.headers["content-type"] == "application/json"


def test_n2_an_altered_message_does_not_verify(
    alice: Person, receiver: Receiver, endpoint: tuple[int, str], start_worker: Start
) -> None:
    start_worker()
    alice.purchase("p1", item_id="sword", price_stars=5)
    [told] = eventually(lambda: list(receiver.told))
    webhook = Webhook(endpoint[1])

    for body, headers in (
        (told.body.replace(b"sword", b"crown"), told.headers),
        (told.body, told.headers | {"webhook-id": "evt_0"}),
        (told.body, told.headers | {"webhook-timestamp": "1700000000"}),
    ):
        with pytest.raises(WebhookVerificationError):
            webhook.verify(body, headers)


def test_n2_only_what_was_asked_for_and_what_comes_after(
    here: Service, alice: Person, receiver: Receiver, start_worker: Start
) -> None:
    alice.purchase("before", item_id="sword", price_stars=5)
    endpoints.add(
        here.db,
        url=receiver.url,
        mode="mock",
        types=["purchase.succeeded"],
        is_development=True,
    )
    start_worker()
    alice.invoice("p1")
    alice.purchase("p1")

    eventually(lambda: receiver.told)

    eventually(lambda: states(here) == ["delivered"])
    assert [told.about for told in receiver.told] == [("p1", "purchase.succeeded")]


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
def test_n2_anything_but_2xx_is_tried_again_with_the_same_id(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    sql: psycopg.Connection[Any],
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


def test_n2_one_purchase_is_told_in_order_while_others_go_on(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    sql: psycopg.Connection[Any],
) -> None:
    refused = {"p1"}

    def answer(told: Told) -> Reply:
        return (500, {}, b"") if told.about[0] in refused else (204, {}, b"")

    receiver.answer = answer
    start_worker()
    alice.invoice("p1")
    alice.purchase("p1")
    alice.purchase("p2", item_id="sword", price_stars=5)
    eventually(lambda: ("p2", "purchase.succeeded") in [told.about for told in receiver.told])
    eventually(lambda: sorted(states(here)) == ["delivered", "retrying", "waiting"])

    refused.clear()
    sql.execute(DUE_NOW)
    eventually(lambda: states(here) == ["delivered"] * 3)

    about_p1 = [told.about[1] for told in receiver.told if told.about[0] == "p1"]
    assert about_p1 == [
        "purchase.invoice_created",
        "purchase.invoice_created",
        "purchase.succeeded",
    ]


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
    sql: psycopg.Connection[Any],
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


def test_n2_a_rotated_secret_signs_beside_the_one_before(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
) -> None:
    number, before = endpoint
    after = endpoints.rotate(here.db, endpoint_id=number, mode="mock")
    start_worker()
    alice.invoice("p1")

    [told] = eventually(lambda: list(receiver.told))

    for secret in (before, after):
        Webhook(secret).verify(told.body, told.headers)
    assert before != after


def test_n2_a_worker_that_dies_leaves_its_work_to_another(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    sql: psycopg.Connection[Any],
) -> None:
    alice.invoice("p1")
    deliveries.make(here.db)
    [claimed] = deliveries.claim(here.db, mode="mock", limit=10)  # and dies
    assert deliveries.claim(here.db, mode="mock", limit=10) == []

    sql.execute("UPDATE deliveries SET lease_until = clock_timestamp()")
    start_worker()

    [told] = eventually(lambda: list(receiver.told))
    assert told.headers["webhook-id"] == claimed.message["id"]


def test_n2_a_slow_endpoint_holds_nobody_else_up(
    here: Service, alice: Person, receiver: Receiver, start_worker: Start
) -> None:
    silent = Receiver()
    silence = threading.Event()

    def wait(_told: Told) -> Reply:
        silence.wait(20)
        return (204, {}, b"")

    silent.answer = wait
    for url in (silent.url, receiver.url):
        endpoints.add(here.db, url=url, mode="mock", types=None, is_development=True)
    start_worker()
    for number in range(20):
        alice.invoice(f"p{number}")

    eventually(lambda: len(receiver.told) == 20)

    assert len(silent.told) <= deliveries.AT_ONCE_OF_ONE
    silence.set()
    silent.close()


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
    sql: psycopg.Connection[Any],
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


def test_n2_a_test_event_is_told_like_any_other(
    here: Service,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    command: Command,
) -> None:
    start_worker()
    assert command("endpoints", "test", str(endpoint[0])).exit_code == 0

    [told] = eventually(lambda: list(receiver.told))

    verified = Webhook(endpoint[1]).verify(told.body, told.headers)
    assert (verified["type"], verified["data"]["mode"]) == ("test", "mock")
