"""L12: what is due back goes back once, and what Telegram will not refund is named."""

from typing import Any

import pytest
from harness.live import Shop
from harness.reconciling import NOTHING, kept
from harness.updates import new_id


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("fault", ["wrong_amount", "wrong_payer", "second_payment"])
def test_l12_a_charge_that_does_not_fit_goes_back_once(shop: Shop, fault: str, lost: bool) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    stranger = shop.buyer()
    if lost:
        shop.sim.fault(
            "drop", times=2, match={"update": "successful_payment", "payload": purchase_id}
        )
    if fault == "second_payment":
        shop.sim.fault(fault, match={"payload": purchase_id})
    else:  # it was approved as it should be, and charged otherwise
        value = {"value": stranger.id} if fault == "wrong_payer" else {}
        shop.sim.fault(fault, match={"payload": purchase_id, "stage": "payment"}, **value)
    buyer.pay(buyer.link(purchase_id))
    shop.sim.quiet()
    shop.reconcile()
    shop.sim.quiet()
    assert shop.reconcile() == NOTHING
    assert buyer.stars() + stranger.stars() == (19_950 if fault == "second_payment" else 20_000)
    assert buyer.status(purchase_id) == ("succeeded" if fault == "second_payment" else "pending")
    assert shop.sim.balance() == kept(shop)


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
    shop: Shop, fault: dict[str, Any]
) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    shop.sim.fault("wrong_amount", match={"payload": purchase_id, "stage": "payment"})
    buyer.pay(buyer.link(purchase_id))
    shop.sim.fault(**fault, match={"method": "refundStarPayment", "user": buyer.id})
    shop.sim.fault("drop", times=None, match={"update": "refunded_payment", "user": buyer.id})
    first = shop.reconcile()
    assert (first["refunds_sent"], first["refunds_waiting"]) == (0, 1)
    assert (first["telegram"] is None) == (
        fault["kind"] == "balance_too_low"
    )  # a no to one of them is no outage
    assert (
        shop.run("telegram", "reconcile", "--json").stdout.count('"refunds_sent": 0') == 1
    )  # it is not yet due again
    assert shop.reconcile()["refunds_waiting"] == 0
    assert (buyer.stars(), len(shop.sim.journal("refund", payload=purchase_id))) == (10_000, 1)


def test_l12_a_refund_that_telegram_will_not_make_is_named(shop: Shop) -> None:
    buyer, purchase_id = shop.buyer(), new_id()
    shop.sim.fault("wrong_amount", match={"payload": purchase_id, "stage": "payment"})
    charge = buyer.pay(buyer.link(purchase_id))["charge"]
    shop.sim.fault("balance_too_low", times=3, match={"user": buyer.id})
    assert [shop.reconcile()["unexplained"] for _ in range(2)] == [[], []]
    (named,) = shop.reconcile()["unexplained"]
    assert (named["transaction_id"], named["problem"]) == (
        charge,
        "is to go back, and Telegram does not do it",
    )
    assert "BALANCE_TOO_LOW" in named["body"]["last_error"]
    assert shop.run("telegram", "reconcile").exit_code == 1
    assert shop.reconcile()["refunds_sent"] == 1
    assert buyer.stars() == 10_000
