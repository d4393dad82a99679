"""L1: a purchase is paid in Telegram and known to be so."""

import re

from harness.constants import SWORD
from harness.live import Buyer, Shop
from harness.updates import new_id


def test_l1_a_purchase_is_paid_and_known_to_be_so(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    made = buyer.invoice(purchase_id, source="shop")
    assert (made.status_code, made.json()["status"]) == (201, "pending")
    assert re.fullmatch(r"http://[\d.:]+/\$[\w-]{22}", made.json()["pay_url"])
    again = buyer.invoice(purchase_id, source="shop")
    assert (again.status_code, again.json(), again.headers["Idempotent-Replayed"]) == (
        200,
        made.json(),
        "true",
    )

    waiting = buyer.get(purchase_id)
    assert (
        waiting.json()["status"],
        waiting.headers["Retry-After"],
        waiting.headers["Cache-Control"],
    ) == ("pending", "1", "no-store")
    assert buyer.pay(made.json()["pay_url"])["status"] == "paid"

    paid = buyer.get(purchase_id)
    assert (
        paid.json()["status"],
        paid.headers["Cache-Control"],
        "Retry-After" in paid.headers,
    ) == ("succeeded", "no-store", False)
    assert buyer.call("POST", "", {"purchase_id": purchase_id}).json() == paid.json()
    created, succeeded = buyer.events(purchase_id)
    assert (created["event_type"], succeeded["event_type"]) == (
        "purchase_invoice_created",
        "purchase_succeeded",
    )
    assert succeeded["payload"]["previous_status"] == "pending"
    assert succeeded["payload"]["telegram_payment_charge_id"].startswith("stx")
    assert buyer.stars() == 9950


def test_l1_asked_before_it_is_paid_nothing_completes_it(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    for body in (
        {"purchase_id": purchase_id},
        {"purchase_id": purchase_id, **SWORD, "metadata": {"paid": True}},
    ):
        assert buyer.call("POST", "", body).json()["status"] == "pending"
    assert shop.buyer().call("POST", "", {"purchase_id": purchase_id}).status_code == 409
    assert buyer.history(purchase_id) == ["purchase_invoice_created"]
