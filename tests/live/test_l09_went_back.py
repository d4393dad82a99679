"""L9: Stars that went back mark the purchase, also when that is told before the payment."""

import pytest
from harness.live import Buyer, Shop
from harness.people import statuses
from harness.updates import checkout, message, new_id
from harness.waiting import race, together

REFUNDED = ["purchase_invoice_created", "purchase_succeeded", "purchase_refunded"]


@pytest.fixture
def refunded(shop: Shop, buyer: Buyer) -> str:
    """A purchase that was refunded with the bot's token, past the service."""
    purchase_id = new_id()
    charge = buyer.pay(buyer.link(purchase_id))["charge"]
    shop.sim.ask("refundStarPayment", user_id=buyer.id, telegram_payment_charge_id=charge)
    shop.sim.quiet()
    return purchase_id


def test_l9_a_refund_made_elsewhere_marks_the_purchase(buyer: Buyer, refunded: str) -> None:
    assert buyer.history(refunded) == REFUNDED
    assert buyer.status(refunded) == "refunded"
    assert buyer.stars() == 10_000


def test_l9_what_was_refunded_stays_so(shop: Shop, buyer: Buyer, refunded: str) -> None:
    again = buyer.invoice(refunded)
    assert again.status_code == 200
    assert again.json()["status"] == "refunded"
    assert shop.update(checkout(buyer.id, refunded)).json()["ok"] is False
    assert shop.run("purchase", "fail", refunded).exit_code == 0  # changes nothing

    assert buyer.status(refunded) == "refunded"
    assert buyer.history(refunded) == REFUNDED


def test_l9_a_refund_told_of_many_times_at_once_is_one(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    charge = f"c-{purchase_id}"
    buyer.link(purchase_id)
    shop.update(message(buyer.id, purchase_id, charge))

    def tell() -> object:
        return shop.update(message(buyer.id, purchase_id, charge, kind="refunded_payment"))

    hold = f"SELECT 1 FROM purchases WHERE purchase_id = '{purchase_id}' FOR UPDATE"
    assert statuses(race(shop.url, hold, *[tell] * 4)) == [200] * 4
    assert buyer.history(purchase_id) == REFUNDED


def test_l9_a_refund_that_overtakes_its_payment_leaves_the_purchase_unpaid(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = new_id()
    charge = f"c-{purchase_id}"
    link = buyer.link(purchase_id)
    shop.update(message(buyer.id, purchase_id, charge, kind="refunded_payment"))
    shop.update(message(buyer.id, purchase_id, charge))

    assert buyer.status(purchase_id) == "pending"
    assert shop.charges(purchase_id) == [("refunded_first", True)]
    assert buyer.events(purchase_id)[-1]["payload"]["reason"] == "refunded_first"
    assert buyer.pay(link)["status"] == "paid"


@pytest.mark.parametrize("attempt", range(6))
def test_l9_payment_and_refund_at_once_end_the_same_way(
    shop: Shop, buyer: Buyer, attempt: int
) -> None:
    purchase_id = new_id()
    charge = f"c-{purchase_id}"
    buyer.link(purchase_id)
    kinds = ["successful_payment", "refunded_payment"] * 2
    updates = [message(buyer.id, purchase_id, charge, kind=kind) for kind in kinds]
    together(*[lambda update=update: shop.update(update) for update in updates])

    ended = (buyer.status(purchase_id), shop.charges(purchase_id))
    assert ended in (
        ("pending", [("refunded_first", True)]),
        ("refunded", [("settled", True)]),
    )
