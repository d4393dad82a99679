"""S1: each renewal is one charge of one period, once, and never refused for being a second one."""

import itertools
import time
from typing import Any

import pytest
from harness.live import Buyer, Shop
from harness.updates import message, new_id
from harness.waiting import race

MONTH = 2_592_000
NOW = int(time.time())
PAID = ["purchase_invoice_created", "purchase_succeeded", "subscription_started"]
LOOK = """
    SELECT subscription_state(its), extract(epoch FROM ends_at)::bigint, renewals
    FROM subscriptions AS its WHERE purchase_id = %s
"""


def payment(buyer: Buyer, purchase_id: str, month: int, **more: Any) -> dict[str, Any]:
    """The update that tells of the payment of a month, the first one 0."""
    recurring = {
        "is_recurring": True,
        "subscription_expiration_date": NOW + (month + 1) * MONTH,
    }
    if month == 0:
        recurring["is_first_recurring"] = True
    charge = f"{month}-{purchase_id}"
    told = message(buyer.id, purchase_id, charge, amount=100, **recurring)
    told["message"]["successful_payment"] |= more
    told["message"]["date"] = NOW + month * MONTH
    return told


@pytest.fixture
def pass_id(buyer: Buyer) -> str:
    """A purchase of a month's pass."""
    purchase_id = new_id()
    buyer.link(purchase_id, item_id="pass", price_stars=100, purchase_type="unknown")
    return purchase_id


def look(shop: Shop, purchase_id: str) -> tuple[str, int, int]:
    """State, end, and renewals of a subscription."""
    row = shop.sql.execute(LOOK, [purchase_id]).fetchone()
    assert row is not None
    return tuple(row)


def test_s1_a_renewal_is_a_charge_of_its_own(shop: Shop, buyer: Buyer, pass_id: str) -> None:
    for month in range(3):
        shop.update(payment(buyer, pass_id, month))

    assert buyer.history(pass_id) == [*PAID, "subscription_renewed", "subscription_renewed"]
    assert look(shop, pass_id) == ("active", NOW + 3 * MONTH, 2)
    verdicts = [verdict for verdict, _ in shop.charges(pass_id)]
    assert verdicts == ["settled", "renewed", "renewed"]
    [renewed] = [one for one in buyer.events(pass_id) if one["version"] == 5]
    assert renewed["payload"]["telegram_payment_charge_id"] == f"2-{pass_id}"


def test_s1_what_is_told_twice_is_paid_once(shop: Shop, buyer: Buyer, pass_id: str) -> None:
    for month in (0, 1, 1, 0):
        shop.update(payment(buyer, pass_id, month))

    assert look(shop, pass_id) == ("active", NOW + 2 * MONTH, 1)
    assert buyer.history(pass_id) == [*PAID, "subscription_renewed"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_s1_in_whatever_order_it_comes_it_ends_the_same(
    shop: Shop, buyer: Buyer, pass_id: str, order: tuple[int, ...]
) -> None:
    for month in order:
        shop.update(payment(buyer, pass_id, month))

    assert buyer.status(pass_id) == "succeeded"
    assert look(shop, pass_id) == ("active", NOW + 3 * MONTH, 2)
    assert [went_back for _, went_back in shop.charges(pass_id)] == [False] * 3


def test_s1_of_one_renewal_told_twice_at_once_one_counts(
    shop: Shop, buyer: Buyer, pass_id: str
) -> None:
    shop.update(payment(buyer, pass_id, 0))
    updates = [payment(buyer, pass_id, 1) for _ in range(4)]
    hold = f"SELECT 1 FROM purchases WHERE purchase_id = '{pass_id}' FOR UPDATE"
    race(shop.url, hold, *[lambda update=update: shop.update(update) for update in updates])

    assert look(shop, pass_id) == ("active", NOW + 2 * MONTH, 1)


def test_s1_a_second_subscription_on_one_link_goes_back_and_is_canceled(
    shop: Shop, buyer: Buyer, pass_id: str
) -> None:
    shop.update(payment(buyer, pass_id, 0))
    again = payment(buyer, pass_id, 0, telegram_payment_charge_id=f"again-{pass_id}")
    shop.update(again)

    assert buyer.history(pass_id) == [*PAID, "purchase_payment_refused"]
    wished = """
        SELECT telegram_payment_charge_id FROM subscription_edits
        WHERE is_canceled AND telegram_payment_charge_id LIKE %s
    """
    queued = shop.sql.execute(wished, [f"%-{pass_id}"]).fetchall()
    assert queued == [(f"again-{pass_id}",)]
    assert look(shop, pass_id) == ("active", NOW + MONTH, 0)


def test_s1_who_comes_back_after_the_end_begins_anew(
    shop: Shop, buyer: Buyer, pass_id: str
) -> None:
    shop.update(payment(buyer, pass_id, 0))
    back = payment(buyer, pass_id, 3, is_first_recurring=True)
    shop.update(back)

    assert look(shop, pass_id) == ("active", NOW + 4 * MONTH, 1)


@pytest.mark.parametrize(
    ("wrong", "verdict"),
    [
        ({"total_amount": 99}, "wrong_amount"),
        ({"currency": "USD"}, "wrong_currency"),
    ],
)
def test_s1_a_renewal_that_does_not_fit_goes_back(
    shop: Shop, buyer: Buyer, pass_id: str, wrong: dict[str, Any], verdict: str
) -> None:
    shop.update(payment(buyer, pass_id, 0))
    told = payment(buyer, pass_id, 1)
    told["message"]["successful_payment"] |= wrong
    shop.update(told)

    assert shop.charges(pass_id)[-1] == (verdict, False)
    assert look(shop, pass_id) == ("active", NOW + MONTH, 0)


def test_s1_a_renewal_that_went_back_is_not_paid_any_more(
    shop: Shop, buyer: Buyer, pass_id: str
) -> None:
    for month in range(2):
        shop.update(payment(buyer, pass_id, month))
    back = message(buyer.id, pass_id, f"1-{pass_id}", amount=100, kind="refunded_payment")
    shop.update(back)
    shop.update(back)

    assert look(shop, pass_id)[:2] == ("active", NOW + MONTH)
    assert buyer.history(pass_id) == [*PAID, "subscription_renewed", "subscription_refunded"]
    assert buyer.status(pass_id) == "succeeded"


def test_s1_all_of_it_went_back_and_it_is_over(shop: Shop, buyer: Buyer, pass_id: str) -> None:
    shop.update(payment(buyer, pass_id, 0))
    back = message(buyer.id, pass_id, f"0-{pass_id}", amount=100, kind="refunded_payment")
    shop.update(back)

    assert look(shop, pass_id)[0] == "expired"
    assert buyer.history(pass_id) == [*PAID, "purchase_refunded", "subscription_refunded"]
