"""N2: every event reaches every endpoint that asked for it, signed and in order."""

import threading

import pytest
from harness.deliveries import DUE_NOW, Start, states
from harness.people import Person
from harness.receiver import Receiver, Reply, Told
from harness.types import Command, Sql
from harness.waiting import eventually
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from stars.domain.service import Service
from stars.notifications import deliveries, endpoints


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


def test_n2_one_purchase_is_told_in_order_while_others_go_on(
    here: Service,
    alice: Person,
    receiver: Receiver,
    endpoint: tuple[int, str],
    start_worker: Start,
    sql: Sql,
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
