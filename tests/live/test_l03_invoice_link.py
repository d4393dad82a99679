"""L3: the row first, then the link, one link however many ask."""

import threading
from typing import Any

import pytest
from harness.live import Buyer, Shop
from harness.people import statuses
from harness.updates import new_id
from harness.waiting import eventually, together


def test_l3_one_link_however_many_ask_at_once(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    answers = together(*[lambda: buyer.invoice(purchase_id)] * 12)
    assert set(statuses(answers)) <= {200, 201}
    assert statuses(answers).count(201) == 1
    assert len({answer.json()["pay_url"] for answer in answers}) == 1
    assert buyer.history(purchase_id) == ["purchase_invoice_created"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "500", "times": None},
        {"kind": "429", "times": None, "retry_after": 30},
        {"kind": "timeout", "times": None, "seconds": 0},
        {"kind": "lost_answer", "times": None, "status": 502},
    ],
    ids=lambda fault: fault["kind"],
)
def test_l3_without_telegram_the_purchase_waits_for_its_link(
    shop: Shop, buyer: Buyer, fault: dict[str, Any]
) -> None:
    purchase_id = new_id()
    shop.sim.fault(**fault, match={"method": "createInvoiceLink", "payload": purchase_id})
    refused = buyer.invoice(purchase_id)
    assert (refused.status_code, refused.json()["error"]) == (503, "telegram_unavailable")
    assert refused.headers["Retry-After"] == ("30" if fault["kind"] == "429" else "5")
    assert (buyer.get(purchase_id).json()["status"], buyer.get(purchase_id).json()["pay_url"]) == (
        "pending",
        None,
    )

    shop.clear_faults()
    again = buyer.invoice(purchase_id)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
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
    shop.sim.fault(**fault, match={"method": "createInvoiceLink", "payload": purchase_id})
    assert buyer.invoice(purchase_id).status_code == 201


def test_l3_no_lock_is_held_while_telegram_is_asked(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    shop.sim.fault(
        "timeout", seconds=3, match={"method": "createInvoiceLink", "payload": purchase_id}
    )
    asking = threading.Thread(target=buyer.invoice, args=[purchase_id])
    asking.start()
    eventually(
        lambda: shop.sql.execute(
            "SELECT 1 FROM purchases WHERE purchase_id = %s", [purchase_id]
        ).fetchone()
    )
    shop.sql.execute(
        "SELECT FROM purchases WHERE purchase_id = %s FOR UPDATE NOWAIT", [purchase_id]
    )
    open_transactions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < now()"
    assert shop.sql.execute(open_transactions).fetchone() == (0,)
    assert asking.is_alive()
    asking.join()
