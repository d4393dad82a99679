"""S2: the state of a subscription follows from its events and dates, whatever tells of it."""

import time
from typing import Any

import pytest
import requests
from harness.backend import Backend
from harness.live import Buyer, Shop
from harness.updates import message, new_id, numbers

from stars.work.tasks import tend_subscriptions

MONTH = 2_592_000
DAY = 86_400
PAID = ["purchase_invoice_created", "purchase_succeeded", "subscription_started"]
SUBSCRIPTIONS = "/api/v1/subscriptions"
STATE = "SELECT subscription_state(its) FROM subscriptions AS its WHERE purchase_id = %s"


@pytest.fixture
def pass_id(buyer: Buyer) -> str:
    """A purchase of a month's pass, not paid yet."""
    return buy_pass(buyer)


@pytest.fixture(scope="module")
def backend(whole_shop: Shop) -> Backend:
    """The shop's own server."""
    return Backend(whole_shop.app, "read", "write", "refund")


def buy_pass(buyer: Buyer) -> str:
    purchase_id = new_id()
    buyer.link(purchase_id, item_id="pass", price_stars=100, purchase_type="unknown")
    return purchase_id


def pay(shop: Shop, buyer: Buyer, purchase_id: str, *, since: float = 0, first: bool = True) -> str:
    """Pay for a month that began `since` seconds ago, by an update; the charge."""
    charge = f"c{next(numbers)}-{purchase_id}"
    begun = int(time.time() - since)
    told = message(
        buyer.id,
        purchase_id,
        charge,
        amount=100,
        is_recurring=True,
        is_first_recurring=first,
        subscription_expiration_date=begun + MONTH,
    )
    told["message"]["date"] = begun
    assert shop.update(told).status_code == 200
    return charge


def word(buyer: Buyer, purchase_id: str, state: str) -> dict[str, Any]:
    """The update that tells of a subscription's state."""
    told = {
        "user": {"id": buyer.id, "is_bot": False, "first_name": "A"},
        "invoice_payload": purchase_id,
        "state": state,
    }
    return {"update_id": 10**9 + next(numbers), "subscription": told}


def state(shop: Shop, purchase_id: str) -> str:
    row = shop.sql.execute(STATE, [purchase_id]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    ("told", "state_then", "event_type"),
    [
        ("canceled", "canceled", "subscription_canceled"),
        ("failed", "payment_failed", "subscription_payment_failed"),
    ],
)
def test_s2_what_telegram_tells_twice_changes_once(
    shop: Shop, buyer: Buyer, pass_id: str, told: str, state_then: str, event_type: str
) -> None:
    pay(shop, buyer, pass_id)
    update = word(buyer, pass_id, told)
    for again in (update, update, word(buyer, pass_id, told)):
        shop.update(again)

    assert state(shop, pass_id) == state_then
    assert buyer.history(pass_id) == [*PAID, event_type]
    shop.update(word(buyer, pass_id, "active"))
    assert state(shop, pass_id) == "active"


def test_s2_a_word_that_was_overtaken_changes_nothing(
    shop: Shop, buyer: Buyer, pass_id: str
) -> None:
    pay(shop, buyer, pass_id)
    canceled, active = word(buyer, pass_id, "canceled"), word(buyer, pass_id, "active")
    shop.update(active)
    shop.update(canceled)

    assert state(shop, pass_id) == "active"


def test_s2_a_word_that_comes_before_the_payment_is_heard_after_it(
    shop: Shop, buyer: Buyer, pass_id: str
) -> None:
    shop.update(word(buyer, pass_id, "canceled"))
    pay(shop, buyer, pass_id)

    assert state(shop, pass_id) == "canceled"
    assert buyer.history(pass_id) == [*PAID, "subscription_canceled"]


def test_s2_another_users_word_is_not_heard(shop: Shop, buyer: Buyer, pass_id: str) -> None:
    pay(shop, buyer, pass_id)
    shop.update(word(shop.buyer(), pass_id, "canceled"))
    shop.update(word(buyer, new_id(), "canceled"))

    assert state(shop, pass_id) == "active"


@pytest.mark.parametrize(
    "broken",
    [{"state": "paused"}, {"state": 1}, {"user": None}, {"invoice_payload": None}],
)
def test_s2_a_word_that_cannot_be_read_changes_nothing(
    shop: Shop, buyer: Buyer, pass_id: str, broken: dict[str, Any]
) -> None:
    pay(shop, buyer, pass_id)
    told = word(buyer, pass_id, "canceled")
    told["subscription"] |= broken

    assert shop.update(told).status_code == 200
    assert state(shop, pass_id) == "active"


def test_s2_it_is_over_by_its_date_and_the_worker_writes_it_down_once(
    shop: Shop, buyer: Buyer, pass_id: str
) -> None:
    pay(shop, buyer, pass_id, since=MONTH + DAY)
    assert state(shop, pass_id) == "expired"
    assert buyer.history(pass_id) == PAID

    tend(shop)
    tend(shop)
    assert buyer.history(pass_id) == [*PAID, "subscription_expired"]
    pay(shop, buyer, pass_id, since=DAY, first=False)
    assert state(shop, pass_id) == "active"


def tend(shop: Shop) -> None:
    """Do what the worker does every so often."""
    tend_subscriptions(shop.app.extensions["stars"])


def subscribe(buyer: Buyer, pass_id: str) -> str:
    """Pay for the first month in Telegram; the charge."""
    purchase = buyer.invoice(pass_id, item_id="pass", price_stars=100, purchase_type="unknown")
    outcome = buyer.pay(purchase.json()["pay_url"])
    assert outcome["status"] == "paid", outcome
    return str(outcome["charge"])


def edit(buyer: Buyer, pass_id: str, verb: str) -> Any:
    address = f"{buyer.shop.address}{SUBSCRIPTIONS}/{pass_id}/{verb}"
    return requests.post(address, headers=buyer.headers, timeout=20)


def test_s2_a_cancellation_counts_when_telegram_has_done_it(
    shop: Shop, buyer: Buyer, pass_id: str
) -> None:
    charge = subscribe(buyer, pass_id)
    shop.sim.fault("500", times=3, match={"method": "editUserStarSubscription", "user": buyer.id})

    assert edit(buyer, pass_id, "cancel").status_code == 503
    assert state(shop, pass_id) == "active"
    shop.sql.execute("UPDATE subscription_edits SET due_at = clock_timestamp()")
    tend(shop)
    assert state(shop, pass_id) == "canceled"
    [known] = [one for one in shop.sim.look("subscriptions") if one["subscription"] == charge]
    assert known["canceled_by_bot"] is True


def test_s2_a_cancellation_whose_answer_was_lost_is_asked_for_again(
    shop: Shop, buyer: Buyer, pass_id: str
) -> None:
    subscribe(buyer, pass_id)
    shop.sim.fault(
        "lost_answer",
        times=3,
        seconds=0,
        match={"method": "editUserStarSubscription", "user": buyer.id},
    )
    assert edit(buyer, pass_id, "cancel").status_code == 503
    assert edit(buyer, pass_id, "cancel").json()["canceled_by"] == "user"
    assert buyer.history(pass_id) == [*PAID, "subscription_canceled"]


def test_s2_who_was_allowed_to_goes_on(shop: Shop, buyer: Buyer, pass_id: str) -> None:
    charge = subscribe(buyer, pass_id)
    edit(buyer, pass_id, "cancel")
    assert edit(buyer, pass_id, "allow").json()["state"] == "canceled"

    shop.sim.act("resubscribe", subscription=charge)
    shop.sim.quiet()
    assert state(shop, pass_id) == "active"


def test_s2_what_telegram_refuses_stays_as_it_is(shop: Shop, buyer: Buyer, pass_id: str) -> None:
    pay(shop, buyer, pass_id)  # of which the simulator knows nothing

    refused = edit(buyer, pass_id, "cancel")
    assert (refused.status_code, refused.json()["error"]) == (409, "subscription_unchangeable")
    assert state(shop, pass_id) == "active"


def test_s2_the_shop_gives_one_month_back(
    shop: Shop, buyer: Buyer, pass_id: str, backend: Backend
) -> None:
    charge = subscribe(buyer, pass_id)
    address = f"{SUBSCRIPTIONS}/{pass_id}/refund"
    unknown = backend.call("POST", address, {"telegram_payment_charge_id": "x"})
    assert unknown.json["error"] == "nothing_to_refund"

    for _ in range(2):
        given = backend.call("POST", address, {"telegram_payment_charge_id": charge})
        assert given.json["state"] == "expired"
    assert buyer.stars() == 10_000
    assert buyer.history(pass_id)[-2:] == ["purchase_refunded", "subscription_refunded"]
