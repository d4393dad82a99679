"""L10: a refund is made once, however often it is asked for."""

import json
from typing import Any
from urllib.parse import urljoin

import pytest
from harness.live import Buyer, Shop
from harness.types import MakeApp
from harness.updates import message, new_id
from harness.waiting import together

from stars.live import refunds


def paid(buyer: Buyer) -> str:
    purchase_id = new_id()
    assert buyer.pay(buyer.link(purchase_id))["status"] == "paid"
    return purchase_id


def test_l10_a_refund_gives_the_stars_back_once_however_often_it_is_asked_for(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = paid(buyer)
    here = shop.app.extensions["stars"]
    together(
        *[
            lambda: refunds.refund_purchase(
                here.db, here.payments.telegram, purchase_id=purchase_id, request_id="r"
            )
        ]
        * 4
    )
    again = shop.run("purchase", "refund", purchase_id, "--json")
    assert (again.exit_code, json.loads(again.stdout)["status"]) == (0, "refunded")
    shop.sim.quiet()
    assert buyer.history(purchase_id) == [
        "purchase_invoice_created",
        "purchase_succeeded",
        "purchase_refunded",
    ]
    assert (buyer.stars(), len(shop.sim.journal("refund", payload=purchase_id))) == (10_000, 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "lost_answer", "times": 3},
        {"kind": "timeout", "times": 3, "seconds": 0},
        {"kind": "500", "times": 3},
        {"kind": "balance_too_low"},
        {"kind": "429", "retry_after": 60},
        {"kind": "already_refunded"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_l10_a_refund_whose_outcome_is_unknown_is_asked_for_again(
    shop: Shop, buyer: Buyer, fault: dict[str, Any]
) -> None:
    purchase_id = paid(buyer)
    shop.sim.fault(**fault, match={"method": "refundStarPayment", "user": buyer.id})
    shop.sim.fault("drop", times=None, match={"update": "refunded_payment", "user": buyer.id})
    first = shop.run("purchase", "refund", purchase_id)
    if fault["kind"] == "already_refunded":
        assert first.exit_code == 0
    else:
        assert (first.exit_code, "queued, not done yet" in first.stderr) == (1, True)
        assert (
            buyer.status(purchase_id) == "succeeded"
        )  # nothing is said to be back that may not be
        assert shop.run("purchase", "refund", purchase_id).exit_code == 0
    assert (buyer.status(purchase_id), buyer.stars()) == ("refunded", 10_000)
    assert len(shop.sim.journal("refund", payload=purchase_id)) == 1


def test_l10_what_was_not_paid_is_not_refunded(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    refused = shop.run("purchase", "refund", purchase_id)
    assert (
        refused.exit_code,
        "No Stars were kept for this live purchase, which is pending" in refused.stderr,
    ) == (1, True)
    assert "There is no purchase" in shop.run("purchase", "refund", "unknown").stderr
    assert shop.run("purchase", "refund", "a b").exit_code == 2


def test_l10_the_console_offers_the_refund_of_a_live_purchase_alone(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = paid(buyer)
    client = shop.app.test_client()
    address = f"/console/purchases/{purchase_id}"
    page = client.get(address).text
    assert 'value="refund"' in page
    assert 'value="fail"' not in page
    assert client.post(address, data={"action": "fail"}).status_code == 400
    assert (
        client.post(
            address, data={"action": "refund"}, headers={"Origin": "https://evil.example"}
        ).status_code
        == 403
    )
    asked = client.post(address, data={"action": "refund"})
    assert asked.status_code == 200
    assert f"Stars back to {buyer.id}?" in asked.text
    assert buyer.status(purchase_id) == "succeeded"

    sure = {"action": "refund", "sure": "yes"}
    sent_on = client.post(address, data=sure).headers["Location"]
    done = client.get(urljoin(address, sent_on)).text
    assert (buyer.status(purchase_id), buyer.stars()) == ("refunded", 10_000)
    assert f"Stars were given back to {buyer.id}" in done
    assert 'name="action"' not in done
    assert "purchase_refunded" in done
    [charge] = shop.sim.journal("refund", payload=purchase_id)
    assert charge["charge"] in done


def test_l10_a_refund_is_a_thing_of_live_mode(make_app: MakeApp) -> None:
    runner = make_app().test_cli_runner()
    for words in (
        ["purchase", "refund", "p1"],
        ["telegram", "reconcile"],
        ["telegram", "check"],
        ["telegram", "webhook", "set"],
        ["telegram", "webhook", "info"],
        ["telegram", "webhook", "delete"],
    ):
        refused = runner.invoke(args=words)
        assert (refused.exit_code, "live mode" in refused.stderr) == (1, True)


def test_l10_the_funnel_counts_a_purchase_whatever_went_back_later(
    shop: Shop, buyer: Buyer
) -> None:
    def completed() -> int:
        return int(json.loads(shop.run("funnel", "--json").stdout)["total"]["completed"])

    before = completed()
    refunded, paid_twice = paid(buyer), paid(buyer)
    shop.run("purchase", "refund", refunded)
    shop.update(message(buyer.id, paid_twice, f"c-{paid_twice}"))
    assert buyer.history(paid_twice)[-1] == "purchase_payment_refused"
    assert completed() == before + 2
