"""L12: what is due back goes back once, and what Telegram will not refund is named."""

from typing import Any

import pytest
from harness.live import Buyer, Shop
from harness.reconciling import kept, reconcile_to_the_end
from harness.updates import new_id
from harness.waiting import eventually


@pytest.fixture(params=[False, True], ids=["told of", "never told of"])
def purchase_id(request: pytest.FixtureRequest, shop: Shop) -> str:
    """A purchase whose payments are told of by updates, or are not."""
    purchase_id = new_id()
    if request.param:
        match = {"update": "successful_payment", "payload": purchase_id}
        shop.sim.fault("drop", times=2, match=match)
    return purchase_id


def test_l12_a_wrong_amount_goes_back_once(shop: Shop, purchase_id: str) -> None:
    buyer = shop.buyer()
    shop.sim.fault("wrong_amount", match={"payload": purchase_id, "stage": "payment"})
    buyer.pay(buyer.link(purchase_id))

    reconcile_to_the_end(shop)
    assert buyer.status(purchase_id) == "pending"
    assert buyer.stars() == 10_000
    assert shop.sim.balance() == kept(shop)


def test_l12_what_somebody_else_was_charged_goes_back_once(shop: Shop, purchase_id: str) -> None:
    buyer = shop.buyer()
    stranger = shop.buyer()
    match = {"payload": purchase_id, "stage": "payment"}
    shop.sim.fault("wrong_payer", match=match, value=stranger.id)
    buyer.pay(buyer.link(purchase_id))

    reconcile_to_the_end(shop)
    assert buyer.status(purchase_id) == "pending"
    assert (buyer.stars(), stranger.stars()) == (10_000, 10_000)
    assert shop.sim.balance() == kept(shop)


def test_l12_a_second_payment_goes_back_once(shop: Shop, purchase_id: str) -> None:
    buyer = shop.buyer()
    shop.sim.fault("second_payment", match={"payload": purchase_id})
    buyer.pay(buyer.link(purchase_id))

    reconcile_to_the_end(shop)
    assert buyer.status(purchase_id) == "succeeded"
    assert buyer.stars() == 10_000 - 50
    assert shop.sim.balance() == kept(shop)


@pytest.fixture
def due(shop: Shop) -> tuple[Buyer, str, str]:
    """A buyer who was charged a wrong amount, which is due back: the purchase and the charge."""
    buyer = shop.buyer()
    purchase_id = new_id()
    shop.sim.fault("wrong_amount", match={"payload": purchase_id, "stage": "payment"})
    charge = buyer.pay(buyer.link(purchase_id))["charge"]
    return buyer, purchase_id, charge


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "lost_answer", "times": 3},
        {"kind": "timeout", "times": 3, "seconds": 0},
        {"kind": "500", "times": 3},
        {"kind": "balance_too_low"},
        {"kind": "429", "retry_after": 60},
    ],
    ids=lambda fault: fault["kind"],
)
def test_l12_a_refund_that_was_not_done_is_asked_for_again(
    shop: Shop, due: tuple[Buyer, str, str], fault: dict[str, Any]
) -> None:
    buyer, purchase_id, _ = due
    shop.sim.fault(**fault, match={"method": "refundStarPayment", "user": buyer.id})
    shop.sim.fault("drop", times=None, match={"update": "refunded_payment", "user": buyer.id})
    first = shop.reconcile()
    not_yet_due_again = shop.run("telegram", "reconcile", "--json").stdout

    assert (first["refunds_sent"], first["refunds_waiting"]) == (0, 1)
    assert '"refunds_sent": 0' in not_yet_due_again
    eventually(lambda: shop.reconcile()["refunds_waiting"] == 0)
    assert buyer.stars() == 10_000
    assert len(shop.sim.journal("refund", payload=purchase_id)) == 1


def test_l12_a_no_to_one_refund_is_no_outage(shop: Shop, due: tuple[Buyer, str, str]) -> None:
    buyer, *_ = due
    shop.sim.fault("balance_too_low", match={"method": "refundStarPayment", "user": buyer.id})

    assert shop.reconcile()["telegram"] is None


def test_l12_no_answer_to_a_refund_is_an_outage(shop: Shop, due: tuple[Buyer, str, str]) -> None:
    buyer, *_ = due
    shop.sim.fault("500", times=3, match={"method": "refundStarPayment", "user": buyer.id})

    assert "refundStarPayment" in shop.reconcile()["telegram"]


def test_l12_a_refund_that_telegram_will_not_make_is_named(
    shop: Shop, due: tuple[Buyer, str, str]
) -> None:
    buyer, _, charge = due
    shop.sim.fault("balance_too_low", times=3, match={"user": buyer.id})
    for _ in range(2):
        assert shop.reconcile()["unexplained"] == []

    (named,) = shop.reconcile()["unexplained"]
    assert named["transaction_id"] == charge
    assert named["problem"] == "is to go back, and Telegram does not do it"
    assert "BALANCE_TOO_LOW" in named["body"]["last_error"]
    assert shop.run("telegram", "reconcile").exit_code == 1
    assert shop.reconcile()["refunds_sent"] == 1
    assert buyer.stars() == 10_000
