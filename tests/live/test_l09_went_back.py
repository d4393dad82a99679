"""L9: Stars that went back mark the purchase."""

from harness.live import Buyer, Shop
from harness.people import statuses
from harness.updates import checkout, message, new_id
from harness.waiting import race, together


def test_l9_a_refund_made_elsewhere_marks_the_purchase(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    charge = buyer.pay(buyer.link(purchase_id))["charge"]
    shop.sim.ask("refundStarPayment", user_id=buyer.id, telegram_payment_charge_id=charge)
    shop.sim.quiet()
    assert buyer.history(purchase_id) == [
        "purchase_invoice_created",
        "purchase_succeeded",
        "purchase_refunded",
    ]
    assert (buyer.status(purchase_id), buyer.stars()) == ("refunded", 10_000)
    assert buyer.invoice(purchase_id).json()["status"] == "refunded"  # final
    assert buyer.invoice(purchase_id).status_code == 200
    assert shop.update(checkout(buyer.id, purchase_id)).json()["ok"] is False
    assert shop.run("purchase", "fail", purchase_id).exit_code == 0  # changes nothing
    assert buyer.status(purchase_id) == "refunded"


def test_l9_a_refund_told_of_many_times_at_once_is_one(shop: Shop, buyer: Buyer) -> None:
    purchase_id, charge = new_id(), f"c{new_id()}"
    buyer.link(purchase_id)
    shop.update(message(buyer.id, purchase_id, charge))
    acts = [
        lambda: shop.update(message(buyer.id, purchase_id, charge, kind="refunded_payment"))
    ] * 4
    hold = f"SELECT 1 FROM purchases WHERE purchase_id = '{purchase_id}' FOR UPDATE"
    assert statuses(race(shop.url, hold, *acts)) == [200] * 4
    assert buyer.history(purchase_id) == [
        "purchase_invoice_created",
        "purchase_succeeded",
        "purchase_refunded",
    ]


def test_l9_a_refund_that_overtakes_its_payment_leaves_the_purchase_unpaid(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id, charge = new_id(), f"c{new_id()}"
    link = buyer.link(purchase_id)
    shop.update(message(buyer.id, purchase_id, charge, kind="refunded_payment"))
    shop.update(message(buyer.id, purchase_id, charge))
    assert (buyer.status(purchase_id), shop.charges(purchase_id)) == (
        "pending",
        [("refunded_first", True)],
    )
    assert buyer.events(purchase_id)[-1]["payload"]["reason"] == "refunded_first"
    assert buyer.pay(link)["status"] == "paid"


def test_l9_payment_and_refund_at_once_end_the_same_way(shop: Shop, buyer: Buyer) -> None:
    for _ in range(6):
        purchase_id, charge = new_id(), f"c{new_id()}"
        buyer.link(purchase_id)
        together(
            *[
                lambda kind=kind, its=purchase_id, charge=charge: shop.update(
                    message(buyer.id, its, charge, kind=kind)
                )
                for kind in ("successful_payment", "refunded_payment") * 2
            ]
        )
        assert (buyer.status(purchase_id), shop.charges(purchase_id)) in (
            ("pending", [("refunded_first", True)]),
            ("refunded", [("settled", True)]),
        )
