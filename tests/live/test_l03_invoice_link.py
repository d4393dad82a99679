"""L3: the row first, then the link, one link however many ask."""

from typing import Any

import pytest
from harness.live import Buyer, Shop
from harness.people import statuses
from harness.updates import new_id
from harness.waiting import eventually, in_background, together

FIND = "SELECT 1 FROM purchases WHERE purchase_id = %s"
LOCK = "SELECT FROM purchases WHERE purchase_id = %s FOR UPDATE NOWAIT"
OPEN_TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start < now()
"""


def strike(shop: Shop, fault: dict[str, Any], purchase_id: str) -> None:
    """Let a fault strike when Telegram is asked for the link of this purchase."""
    match = {"method": "createInvoiceLink", "payload": purchase_id}
    shop.sim.fault(**fault, match=match)


def test_l3_one_link_however_many_ask_at_once(buyer: Buyer) -> None:
    purchase_id = new_id()
    answers = together(*[lambda: buyer.invoice(purchase_id)] * 12)

    assert statuses(answers) == [200] * 11 + [201]
    assert len({answer.json()["pay_url"] for answer in answers}) == 1
    assert buyer.history(purchase_id) == ["purchase_invoice_created"]


@pytest.mark.parametrize(
    ("fault", "retry_after"),
    [
        ({"kind": "500", "times": None}, "5"),
        ({"kind": "429", "times": None, "retry_after": 30}, "30"),
        ({"kind": "timeout", "times": None, "seconds": 0}, "5"),
        ({"kind": "lost_answer", "times": None, "status": 502}, "5"),
    ],
    ids=["500", "429", "timeout", "lost answer"],
)
def test_l3_without_telegram_the_purchase_waits_for_its_link(
    shop: Shop, buyer: Buyer, fault: dict[str, Any], retry_after: str
) -> None:
    purchase_id = new_id()
    strike(shop, fault, purchase_id)
    refused = buyer.invoice(purchase_id)

    assert refused.status_code == 503
    assert refused.json()["error"] == "telegram_unavailable"
    assert refused.headers["Retry-After"] == retry_after
    kept = buyer.get(purchase_id).json()
    assert kept["status"] == "pending"
    assert kept["pay_url"] is None


def test_l3_a_resend_gets_the_link(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    strike(shop, {"kind": "500", "times": None}, purchase_id)
    buyer.invoice(purchase_id)
    shop.clear_faults()
    again = buyer.invoice(purchase_id)

    assert again.status_code == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    assert buyer.pay(again.json()["pay_url"])["status"] == "paid"
    assert buyer.history(purchase_id) == ["purchase_invoice_created", "purchase_succeeded"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "500", "times": 2},
        {"kind": "429", "retry_after": 1},
        {"kind": "timeout", "times": 2, "seconds": 0},
        {"kind": "lost_answer", "times": 1},
    ],
    ids=lambda fault: fault["kind"],
)
def test_l3_a_short_trouble_of_telegram_is_not_the_buyers(
    shop: Shop, buyer: Buyer, fault: dict[str, Any]
) -> None:
    purchase_id = new_id()
    strike(shop, fault, purchase_id)

    assert buyer.invoice(purchase_id).status_code == 201


def test_l3_no_lock_is_held_while_telegram_is_asked(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    strike(shop, {"kind": "timeout", "seconds": 3}, purchase_id)
    asking = in_background(lambda: buyer.invoice(purchase_id))
    eventually(lambda: shop.sql.execute(FIND, [purchase_id]).fetchone())

    shop.sql.execute(LOCK, [purchase_id])
    assert shop.sql.execute(OPEN_TRANSACTIONS).fetchone() == (0,)
    assert asking.is_alive()
    asking.join()
