"""L12: what no webhook told of is found in Telegram's list, and settled or marked."""

import json

from harness.constants import SWORD
from harness.live import Shop
from harness.reconciling import NOTHING, kept
from harness.updates import checkout, message, new_id
from harness.waiting import together


def test_l12_a_payment_whose_webhook_never_came_is_settled(shop: Shop) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    shop.sim.fault("drop", match={"update": "successful_payment", "payload": purchase_id})
    buyer.pay(buyer.link(purchase_id))
    assert buyer.status(purchase_id) == "pending"
    assert shop.reconcile() == NOTHING | {"settled": 1}
    assert buyer.history(purchase_id) == ["purchase_invoice_created", "purchase_succeeded"]
    assert shop.reconcile() == NOTHING
    assert shop.sim.balance() == kept(shop)


def test_l12_a_refund_and_a_chargeback_made_elsewhere_are_marked(shop: Shop) -> None:
    buyer, refunded, charged_back = shop.buyer(), new_id(), new_id()
    charge = buyer.pay(buyer.link(refunded))["charge"]
    shop.sim.fault("drop", match={"update": "refunded_payment", "payload": refunded})
    shop.sim.ask("refundStarPayment", user_id=buyer.id, telegram_payment_charge_id=charge)
    shop.sim.act(
        "chargeback", charge=buyer.pay(buyer.link(charged_back))["charge"]
    )  # of this no update tells
    assert [buyer.status(one) for one in (refunded, charged_back)] == ["succeeded", "succeeded"]
    assert shop.reconcile() == NOTHING | {"refunded_elsewhere": 2}
    assert [buyer.status(one) for one in (refunded, charged_back)] == ["refunded", "refunded"]
    assert (buyer.stars(), shop.sim.balance()) == (10_000, kept(shop))


def test_l12_what_went_back_before_anybody_knew_is_not_handed_out(shop: Shop) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    shop.sim.fault("drop", match={"update": "successful_payment", "payload": purchase_id})
    shop.sim.act("chargeback", charge=buyer.pay(buyer.link(purchase_id))["charge"])
    assert shop.reconcile() == NOTHING | {"refused": 1}
    assert shop.charges(purchase_id) == [("refunded_first", True)]
    assert "purchase_succeeded" not in buyer.history(purchase_id)


def test_l12_twice_at_once_it_does_everything_once(shop: Shop) -> None:
    buyer, refused = shop.buyer(), [new_id() for _ in range(4)]
    for purchase_id in refused:
        shop.sim.fault("wrong_amount", match={"payload": purchase_id, "stage": "payment"})
        buyer.pay(buyer.link(purchase_id))
    missed = [new_id() for _ in range(4)]
    shop.sim.fault("drop", times=4, match={"update": "successful_payment"})
    for purchase_id in missed:
        buyer.pay(buyer.link(purchase_id))
    here = shop.app.extensions["stars"]
    runs = together(*[lambda: here.payments.reconcile(request_id="r")] * 4)
    assert sum(run.counts.settled for run in runs) == 4
    assert sum(run.counts.refunds_sent for run in runs) == 4
    assert [run.unexplained for run in runs] == [()] * 4
    assert [len(shop.sim.journal("refund", payload=one)) for one in refused] == [1] * 4
    assert buyer.stars() == 10_000 - 200
    assert shop.sim.balance() == kept(shop)


def test_l12_more_than_a_page_of_transactions_is_read_whatever_breaks_off(shop: Shop) -> None:
    buyer = shop.buyer(1_000_000)
    before = shop.count("star_transactions")
    shop.sim.fault("drop", times=None, match={"update": "successful_payment"})
    link = buyer.link(new_id())
    # The same link, again and again: nobody settles the first, and no payment waits for another.
    unreserve = """
        UPDATE purchases SET checkout_reserved_at = '-infinity'
        WHERE checkout_query_id IS NOT NULL AND status = 'pending'
    """
    for _ in range(120):
        buyer.pay(link)
        shop.sql.execute(unreserve)
    shop.sim.fault("500", times=3, match={"method": "getStarTransactions"})
    assert "refused getStarTransactions" in shop.reconcile()["telegram"]
    report = shop.reconcile()
    assert (report["settled"], report["refused"], report["refunds_sent"]) == (1, 119, 119)
    shop.reconcile()
    assert shop.count("star_transactions") - before == 120 + 119
    assert shop.sim.balance() == kept(shop)
    assert buyer.stars() == 1_000_000 - 50


def test_l12_an_update_whose_handling_broke_off_is_handled(robbed_shop: Shop) -> None:
    buyer, purchase_id = robbed_shop.buyer(), new_id()
    buyer.link(purchase_id)
    update = message(buyer.id, purchase_id, f"c-{purchase_id}")
    robbed_shop.sql.execute(
        "INSERT INTO telegram_updates (bot_id, update_id, body) VALUES (123456, %s, %s)",
        [update["update_id"], json.dumps(update)],
    )
    assert robbed_shop.reconcile()["updates_handled"] == 1
    assert buyer.status(purchase_id) == "succeeded"
    assert robbed_shop.update(update).status_code == 200  # Telegram's own resend
    assert buyer.history(purchase_id) == ["purchase_invoice_created", "purchase_succeeded"]


def test_l12_a_pre_checkout_is_never_left_unhandled(shop: Shop) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    buyer.link(purchase_id, **SWORD)
    for broken in ({}, {"total_amount": "50"}):
        shop.update(checkout(buyer.id, purchase_id, **broken))
    assert shop.sql.execute(
        "SELECT count(*) FROM telegram_updates WHERE handled_at IS NULL"
    ).fetchone() == (0,)
