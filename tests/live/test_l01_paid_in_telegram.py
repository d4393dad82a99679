"""L1: a purchase is paid in Telegram and known to be so."""

import re

import pytest
from harness.constants import SWORD
from harness.live import Buyer, Shop
from harness.updates import new_id


def test_l1_an_invoice_has_a_link_and_keeps_it(buyer: Buyer) -> None:
    purchase_id = new_id()
    made = buyer.invoice(purchase_id, source="shop")
    again = buyer.invoice(purchase_id, source="shop")

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["status"] == "pending"
    assert re.fullmatch(r"http://[\d.:]+/\$[\w-]{22}", made.json()["pay_url"])
    assert again.json() == made.json()
    assert again.headers["Idempotent-Replayed"] == "true"


def test_l1_whoever_waits_is_told_when_to_look_again(buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)

    waiting = buyer.get(purchase_id)
    assert waiting.json()["status"] == "pending"
    assert waiting.headers["Retry-After"] == "1"
    assert waiting.headers["Cache-Control"] == "no-store"


def test_l1_a_purchase_is_paid_and_known_to_be_so(buyer: Buyer) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    assert buyer.pay(link)["status"] == "paid"

    paid = buyer.get(purchase_id)
    assert paid.json()["status"] == "succeeded"
    assert paid.headers["Cache-Control"] == "no-store"
    assert "Retry-After" not in paid.headers
    assert buyer.call("POST", "", {"purchase_id": purchase_id}).json() == paid.json()
    assert buyer.stars() == 10_000 - 50


def test_l1_its_history_tells_the_charge(buyer: Buyer) -> None:
    purchase_id = new_id()
    charge = buyer.pay(buyer.link(purchase_id))["charge"]

    created, succeeded = buyer.events(purchase_id)
    assert created["event_type"] == "purchase_invoice_created"
    assert succeeded["event_type"] == "purchase_succeeded"
    assert succeeded["payload"]["previous_status"] == "pending"
    assert succeeded["payload"]["telegram_payment_charge_id"] == charge


@pytest.mark.parametrize("more", [{}, {**SWORD, "metadata": {"paid": True}}])
def test_l1_asked_before_it_is_paid_nothing_completes_it(
    buyer: Buyer, more: dict[str, object]
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)

    asked = buyer.call("POST", "", {"purchase_id": purchase_id, **more})
    assert asked.json()["status"] == "pending"
    assert buyer.history(purchase_id) == ["purchase_invoice_created"]


def test_l1_nobody_else_is_told_of_it(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)

    stranger = shop.buyer()
    assert stranger.call("POST", "", {"purchase_id": purchase_id}).status_code == 409
    assert stranger.get(purchase_id).status_code == 404
