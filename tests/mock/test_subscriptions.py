"""Subscriptions in the mock: a year of one in a minute, and what its user may do."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from harness.backend import Backend
from harness.people import Person
from harness.types import Sql

PASS = {"item_id": "monthly-pass", "price_stars": 100}
MONTH = timedelta(days=30)
STARTED = ["purchase_invoice_created", "purchase_succeeded", "subscription_started"]
SUBSCRIPTIONS = "/api/v1/subscriptions"


@pytest.fixture
def shop(app: Flask) -> Backend:
    """The shop's own server."""
    return Backend(app, "read", "write")


@pytest.fixture
def subscriber(alice: Person) -> Person:
    """Alice, with the pass p1."""
    alice.invoice("p1", **PASS)
    alice.purchase("p1")
    return alice


def ends_at(subscription: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(subscription["ends_at"])


def play(person: Person, act: str) -> Any:
    """Do something to the pass p1; what it is then."""
    answer = person.post(f"/api/v1/mock/subscriptions/p1/{act}", None)
    assert answer.status_code == 200, answer.text
    return answer.json


def subscription(person: Person) -> Any:
    return person.send("GET", f"{SUBSCRIPTIONS}/p1", person.headers).json


def edit(person: Person, verb: str) -> Any:
    return person.post(f"{SUBSCRIPTIONS}/p1/{verb}", None)


def test_the_first_payment_begins_a_subscription(subscriber: Person) -> None:
    begun = subscription(subscriber)

    assert (begun["state"], begun["renewals"], begun["period"]) == ("active", 0, 2_592_000)
    length = ends_at(begun) - datetime.fromisoformat(begun["started_at"])
    assert abs(length - MONTH) < timedelta(minutes=1)
    assert subscriber.history("p1") == STARTED


def test_one_that_is_bought_without_an_invoice_begins_as_well(alice: Person) -> None:
    alice.purchase("p1", **PASS)

    assert subscription(alice)["state"] == "active"
    assert alice.history("p1") == ["purchase_succeeded", "subscription_started"]


def test_what_is_bought_once_is_no_subscription(alice: Person) -> None:
    alice.purchase("p1", item_id="golden-sword", price_stars=50)

    answer = alice.send("GET", f"{SUBSCRIPTIONS}/p1", alice.headers)
    assert answer.refusal == (404, "subscription_not_found")


def test_a_year_is_played_in_a_minute(subscriber: Person) -> None:
    begun = subscription(subscriber)
    for _ in range(12):
        renewed = play(subscriber, "renew")

    assert renewed["renewals"] == 12
    assert ends_at(renewed) - ends_at(begun) == 12 * MONTH
    assert subscriber.history("p1") == [*STARTED, *["subscription_renewed"] * 12]


@pytest.mark.parametrize(
    ("act", "state", "event_type"),
    [
        ("fail", "payment_failed", "subscription_payment_failed"),
        ("cancel", "canceled", "subscription_canceled"),
        ("expire", "expired", "subscription_expired"),
    ],
)
def test_s2_each_act_changes_the_state_once(
    subscriber: Person, act: str, state: str, event_type: str
) -> None:
    assert play(subscriber, act)["state"] == state
    assert play(subscriber, act)["state"] == state
    assert subscriber.history("p1") == [*STARTED, event_type]


@pytest.mark.parametrize("act", ["fail", "cancel", "expire"])
def test_s2_a_renewal_makes_it_active_again(subscriber: Person, act: str) -> None:
    play(subscriber, act)
    assert play(subscriber, "renew")["state"] == "active"


def test_s2_what_was_canceled_is_taken_up_again(subscriber: Person) -> None:
    play(subscriber, "cancel")
    assert play(subscriber, "resume")["state"] == "active"
    assert subscriber.history("p1")[-2:] == ["subscription_canceled", "subscription_resumed"]


def test_s2_it_is_over_by_its_date_though_nothing_tells(subscriber: Person, sql: Sql) -> None:
    sql.execute("UPDATE subscriptions SET ends_at = clock_timestamp()")

    assert subscription(subscriber)["state"] == "expired"
    assert subscriber.history("p1") == STARTED
    listed = subscriber.send("GET", "/api/v1/entitlements", subscriber.headers).json
    assert listed["entitlements"] == []
    play(subscriber, "renew")


def test_its_user_cancels_it_in_the_shop_and_is_allowed_to_go_on(subscriber: Person) -> None:
    canceled = edit(subscriber, "cancel").json
    assert (canceled["state"], canceled["canceled_by"]) == ("canceled", "user")
    assert edit(subscriber, "cancel").json == canceled

    assert edit(subscriber, "allow").json["state"] == "canceled"
    assert play(subscriber, "resume")["state"] == "active"


def test_what_the_shop_has_ended_its_user_does_not_begin_again(
    subscriber: Person, shop: Backend
) -> None:
    ended = shop.call("POST", f"{SUBSCRIPTIONS}/p1/cancel")
    assert (ended.json["state"], ended.json["canceled_by"]) == ("canceled", "shop")

    assert edit(subscriber, "allow").refusal == (409, "stopped_by_shop")
    assert play(subscriber, "resume")["state"] == "canceled"
    shop.call("POST", f"{SUBSCRIPTIONS}/p1/allow")
    assert play(subscriber, "resume")["state"] == "active"


def test_another_users_subscription_is_not_there(subscriber: Person, bob: Person) -> None:
    for verb in ("cancel", "allow"):
        assert edit(bob, verb).refusal == (404, "subscription_not_found")
    answer = bob.send("GET", f"{SUBSCRIPTIONS}/p1", bob.headers)
    assert answer.refusal == (404, "subscription_not_found")
    assert bob.send("GET", SUBSCRIPTIONS, bob.headers).json["subscriptions"] == []
    assert subscription(subscriber)["state"] == "active"


def test_a_purchase_that_failed_after_all_ends_its_subscription(
    subscriber: Person, shop: Backend
) -> None:
    shop.call("POST", "/api/v1/purchases/p1/fail")
    assert subscription(subscriber)["state"] == "expired"

    subscriber.purchase("p1")
    assert subscription(subscriber)["state"] == "active"


def test_the_list_is_filtered_and_paged(subscriber: Person, bob: Person, shop: Backend) -> None:
    for number in range(3):
        bob.purchase(f"b{number}", **PASS)
    play(subscriber, "cancel")

    first = shop.get(f"{SUBSCRIPTIONS}?limit=3").json
    last = shop.get(f"{SUBSCRIPTIONS}?limit=3&after={first['after']}").json
    pages = [*first["subscriptions"], *last["subscriptions"]]
    assert [one["purchase_id"] for one in pages] == ["b2", "b1", "b0", "p1"]
    assert last["after"] is None
    canceled = shop.get(f"{SUBSCRIPTIONS}?state=canceled").json["subscriptions"]
    assert [one["purchase_id"] for one in canceled] == ["p1"]
    of_bob = shop.get(f"{SUBSCRIPTIONS}?user_id=bob").json["subscriptions"]
    assert len(of_bob) == 3


def test_entitlements_are_what_a_user_owns_now(subscriber: Person, shop: Backend) -> None:
    for purchase_id in ("sword", "lost", "pending"):
        subscriber.invoice(purchase_id)
    subscriber.purchase("sword")
    subscriber.purchase("lost")
    shop.call("POST", "/api/v1/purchases/lost/fail")

    def owned() -> list[tuple[str, str]]:
        listed = subscriber.send("GET", "/api/v1/entitlements", subscriber.headers).json
        return [(one["purchase_id"], one["kind"]) for one in listed["entitlements"]]

    assert owned() == [("sword", "purchase"), ("p1", "subscription")]
    play(subscriber, "expire")
    assert owned() == [("sword", "purchase")]


def test_the_feed_has_the_events_of_subscriptions(subscriber: Person, shop: Backend) -> None:
    play(subscriber, "renew")

    told = shop.get("/api/v1/events?types=subscription.started,subscription.renewed")
    types = [event["type"] for event in told.json["events"]]
    assert types == ["subscription.started", "subscription.renewed"]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Subscription · 30 days"), ("ru", "Подписка · 30 дней")]
)
def test_the_pay_sheet_says_for_how_long_it_is(
    app: Flask, alice: Person, language: str, said: str
) -> None:
    link = alice.invoice("p1", **PASS).json["pay_url"]
    sheet = app.test_client().get(urlsplit(link).path, headers={"Accept-Language": language})
    assert said in sheet.text
