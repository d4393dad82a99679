"""L7: a payment settles once, however often and in what order it is told of."""

from typing import Any

import pytest
from harness.live import Buyer, Shop
from harness.people import statuses
from harness.updates import message, new_id
from harness.waiting import race, together

PAID = ["purchase_invoice_created", "purchase_succeeded"]
QUEUED = """
    SELECT count(*) FROM refunds JOIN charges USING (telegram_payment_charge_id)
    WHERE purchase_id = %s
"""
TRANSACTIONS = """
    SELECT count(DISTINCT transaction::text) FROM (
        SELECT xmin FROM purchases WHERE purchase_id = %(id)s
        UNION ALL
        SELECT xmin FROM charges WHERE purchase_id = %(id)s
        UNION ALL
        SELECT xmin FROM events WHERE purchase_id = %(id)s AND version = 2
    ) AS written (transaction)
"""


def test_l7_a_payment_told_of_many_times_at_once_settles_once(shop: Shop, buyer: Buyer) -> None:
    """Repeats of one update, and of the same as new updates."""
    purchase_id = new_id()
    charge = f"c-{purchase_id}"
    buyer.link(purchase_id)
    updates = [message(buyer.id, purchase_id, charge)] * 10
    updates += [message(buyer.id, purchase_id, charge) for _ in range(10)]
    answers = together(*[lambda update=update: shop.update(update) for update in updates])

    assert statuses(answers) == [200] * 20
    assert buyer.history(purchase_id) == PAID
    assert shop.charges(purchase_id) == [("settled", False)]


def test_l7_of_two_charges_at_once_one_settles_and_one_goes_back(shop: Shop, buyer: Buyer) -> None:
    """Held at the purchase's lock, so that both judge while neither is done."""
    purchase_id = new_id()
    buyer.link(purchase_id)
    charges = [f"c{number}-{purchase_id}" for number in range(4)]
    updates = [message(buyer.id, purchase_id, charge) for charge in charges]
    hold = f"SELECT 1 FROM purchases WHERE purchase_id = '{purchase_id}' FOR UPDATE"
    acts = [lambda update=update: shop.update(update) for update in updates]
    answers = race(shop.url, hold, *acts)

    assert statuses(answers) == [200] * 4
    assert sorted(shop.charges(purchase_id)) == [("already_paid", False)] * 3 + [("settled", False)]
    assert sorted(buyer.history(purchase_id)) == [
        "purchase_invoice_created",
        "purchase_payment_refused",
        "purchase_payment_refused",
        "purchase_payment_refused",
        "purchase_succeeded",
    ]
    assert shop.sql.execute(QUEUED, [purchase_id]).fetchone() == (3,)


def test_l7_the_charge_the_change_and_the_event_are_one_transaction(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = new_id()
    buyer.pay(buyer.link(purchase_id))

    assert shop.sql.execute(TRANSACTIONS, {"id": purchase_id}).fetchone() == (1,)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("duplicate", {"times": 3}),
        ("concurrent", {"copies": 6}),
        ("forged_secret", {}),
        ("delay", {"seconds": 0.3}),
        ("reorder", {"seconds": 0.3}),
    ],
)
@pytest.mark.parametrize("update", ["successful_payment", "pre_checkout_query"])
def test_l7_however_it_is_delivered_it_is_paid_once(
    shop: Shop, buyer: Buyer, kind: str, more: dict[str, Any], update: str
) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    shop.sim.fault(kind, match={"payload": purchase_id, "update": update}, **more)
    assert buyer.pay(link)["status"] == "paid"
    shop.sim.push(2)

    assert buyer.history(purchase_id) == PAID
    assert shop.charges(purchase_id) == [("settled", False)]
    assert buyer.stars() == 10_000 - 50


def test_l7_a_failed_purchase_that_is_paid_after_all_has_succeeded(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    shop.run("purchase", "fail", purchase_id)
    shop.update(message(buyer.id, purchase_id, f"c-{purchase_id}"))

    assert buyer.status(purchase_id) == "succeeded"
    assert buyer.events(purchase_id)[-1]["payload"]["previous_status"] == "failed"
