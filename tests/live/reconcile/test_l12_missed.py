"""L12: what no webhook told of is found in Telegram's list, and settled or marked."""

import json

import pytest
from harness.live import Buyer, Shop
from harness.reconciling import NOTHING, kept, reconcile_to_the_end
from harness.updates import checkout, message, new_id
from harness.waiting import eventually, together

LET_THE_NEXT_PAY = """
    UPDATE purchases SET checkout_reserved_at = '-infinity'
    WHERE checkout_query_id IS NOT NULL AND status = 'pending'
"""
KEEP_UNHANDLED = """
    INSERT INTO telegram_updates (bot_id, update_id, body) VALUES (123456, %s, %s)
"""
COUNT_UNHANDLED = "SELECT count(*) FROM telegram_updates WHERE handled_at IS NULL"


def pay_unheard(shop: Shop, buyer: Buyer) -> tuple[str, str]:
    """Pay, and lose the update that tells of it; the purchase and its charge."""
    purchase_id = new_id()
    shop.sim.fault("drop", match={"update": "successful_payment", "payload": purchase_id})
    charge = buyer.pay(buyer.link(purchase_id))["charge"]
    return purchase_id, charge


def pay_wrong_amount(shop: Shop, buyer: Buyer) -> str:
    """Be charged another amount than was approved; the purchase."""
    purchase_id = new_id()
    shop.sim.fault("wrong_amount", match={"payload": purchase_id, "stage": "payment"})
    buyer.pay(buyer.link(purchase_id))
    return purchase_id


def test_l12_a_payment_whose_webhook_never_came_is_settled(shop: Shop) -> None:
    buyer = shop.buyer()
    purchase_id, _ = pay_unheard(shop, buyer)
    assert buyer.status(purchase_id) == "pending"

    assert shop.reconcile() == NOTHING | {"settled": 1}
    assert shop.reconcile() == NOTHING
    assert buyer.history(purchase_id) == ["purchase_invoice_created", "purchase_succeeded"]
    assert shop.sim.balance() == kept(shop)


def test_l12_a_refund_made_elsewhere_is_marked(shop: Shop) -> None:
    buyer = shop.buyer()
    purchase_id = new_id()
    charge = buyer.pay(buyer.link(purchase_id))["charge"]
    shop.sim.fault("drop", match={"update": "refunded_payment", "payload": purchase_id})
    shop.sim.ask("refundStarPayment", user_id=buyer.id, telegram_payment_charge_id=charge)
    assert buyer.status(purchase_id) == "succeeded"

    assert shop.reconcile() == NOTHING | {"refunded_elsewhere": 1}
    assert buyer.status(purchase_id) == "refunded"
    assert buyer.stars() == 10_000
    assert shop.sim.balance() == kept(shop)


def test_l12_a_chargeback_is_marked(shop: Shop) -> None:
    """Of this no update tells."""
    buyer = shop.buyer()
    purchase_id = new_id()
    charge = buyer.pay(buyer.link(purchase_id))["charge"]
    shop.sim.act("chargeback", charge=charge)
    assert buyer.status(purchase_id) == "succeeded"

    assert shop.reconcile() == NOTHING | {"refunded_elsewhere": 1}
    assert buyer.status(purchase_id) == "refunded"
    assert buyer.stars() == 10_000
    assert shop.sim.balance() == kept(shop)


def test_l12_what_went_back_before_anybody_knew_is_not_handed_out(shop: Shop) -> None:
    buyer = shop.buyer()
    purchase_id, charge = pay_unheard(shop, buyer)
    shop.sim.act("chargeback", charge=charge)

    assert shop.reconcile() == NOTHING | {"refused": 1}
    assert shop.charges(purchase_id) == [("refunded_first", True)]
    assert "purchase_succeeded" not in buyer.history(purchase_id)


def test_l12_twice_at_once_it_does_everything_once(shop: Shop) -> None:
    buyer = shop.buyer()
    refused = [pay_wrong_amount(shop, buyer) for _ in range(4)]
    missed = [pay_unheard(shop, buyer)[0] for _ in range(4)]
    payments = shop.app.extensions["stars"].payments
    runs = together(*[lambda: payments.reconcile(request_id="r")] * 4)

    assert sum(run.counts.settled for run in runs) == 4
    assert sum(run.counts.refunds_sent for run in runs) <= 4
    assert [run.unexplained for run in runs] == [()] * 4
    # On a busy machine a refund may not be answered in time, and wait for the next run.
    eventually(lambda: shop.reconcile()["refunds_waiting"] == 0)
    for purchase_id in refused:
        assert len(shop.sim.journal("refund", payload=purchase_id)) == 1
    assert [buyer.status(purchase_id) for purchase_id in missed] == ["succeeded"] * 4
    assert buyer.stars() == 10_000 - 4 * 50
    assert shop.sim.balance() == kept(shop)


def test_l12_more_than_a_page_of_transactions_is_read_whatever_breaks_off(shop: Shop) -> None:
    """One link is paid again and again: nobody settles the first payment."""
    buyer = shop.buyer(1_000_000)
    before = shop.count("star_transactions")
    shop.sim.fault("drop", times=None, match={"update": "successful_payment"})
    link = buyer.link(new_id())
    for _ in range(120):
        buyer.pay(link)
        shop.sql.execute(LET_THE_NEXT_PAY)
    shop.sim.fault("500", times=3, match={"method": "getStarTransactions"})
    assert "refused getStarTransactions" in shop.reconcile()["telegram"]

    report = shop.reconcile()
    assert (report["settled"], report["refused"]) == (1, 119)
    reconcile_to_the_end(shop)
    assert shop.count("star_transactions") - before == 120 + 119
    assert shop.sim.balance() == kept(shop)
    assert buyer.stars() == 1_000_000 - 50


def test_l12_an_update_whose_handling_broke_off_is_handled(robbed_shop: Shop) -> None:
    shop = robbed_shop
    buyer = shop.buyer()
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = message(buyer.id, purchase_id, f"c-{purchase_id}")
    shop.sql.execute(KEEP_UNHANDLED, [update["update_id"], json.dumps(update)])

    assert shop.reconcile()["updates_handled"] == 1
    assert buyer.status(purchase_id) == "succeeded"
    assert shop.update(update).status_code == 200  # Telegram's own resend
    assert buyer.history(purchase_id) == ["purchase_invoice_created", "purchase_succeeded"]


@pytest.mark.parametrize("broken", [{}, {"total_amount": "50"}])
def test_l12_a_pre_checkout_is_never_left_unhandled(shop: Shop, broken: dict[str, str]) -> None:
    buyer = shop.buyer()
    purchase_id = new_id()
    buyer.link(purchase_id)
    shop.update(checkout(buyer.id, purchase_id, **broken))

    assert shop.sql.execute(COUNT_UNHANDLED).fetchone() == (0,)
