"""L8: a charge that does not fit is recorded, refused and queued for refund."""

from typing import Any

import pytest
from harness.constants import SWORD
from harness.live import Buyer, Shop
from harness.updates import checkout, message, new_id

from stars.domain import purchases
from stars.domain.types import Order

MISFITS = {
    "wrong_amount": {"amount": 49},
    "wrong_currency": {"currency": "USD"},
    "huge": {"amount": 2**52},
    "wrong_payer": {"user": 424242},
    "already_paid": {},
}


@pytest.mark.parametrize(("why", "terms"), MISFITS.items(), ids=MISFITS.keys())
def test_l8_a_charge_that_does_not_fit_is_recorded_refused_and_queued(
    shop: Shop, buyer: Buyer, why: str, terms: dict[str, Any]
) -> None:
    purchase_id, charge = new_id(), f"c{new_id()}"
    link = buyer.link(purchase_id)
    if why == "already_paid":
        buyer.pay(link)
    before = buyer.get(purchase_id).json()
    told = {"user": buyer.id, "purchase_id": purchase_id, "charge": charge} | terms
    for _ in range(2):
        assert shop.update(message(**told)).status_code == 200
    reason = "wrong_amount" if why == "huge" else why
    assert buyer.get(purchase_id).json() == before
    assert shop.charges(purchase_id)[-1] == (reason, False)
    event = buyer.events(purchase_id)[-1]
    assert (
        event["event_type"],
        event["payload"]["reason"],
        event["payload"]["telegram_payment_charge_id"],
    ) == ("purchase_payment_refused", reason, charge)
    assert [one["event_type"] for one in buyer.events(purchase_id)].count(
        "purchase_payment_refused"
    ) == 1
    queued = "SELECT attempts, done_at FROM refunds WHERE telegram_payment_charge_id = %s"
    assert shop.sql.execute(queued, [charge]).fetchall() == [(0, None)]
    if why != "already_paid":
        assert buyer.pay(link)["status"] == "paid"  # the right payment still gets through


@pytest.mark.parametrize(
    "payload", ["no-such", "", "a b", "x" * 128, "\0", "\u043f" * 64, "'; DROP TABLE charges; --"]
)
def test_l8_a_charge_for_nothing_known_is_recorded_and_queued(
    shop: Shop, buyer: Buyer, payload: str
) -> None:
    charge = f"c{new_id()}"
    assert shop.update(message(buyer.id, payload, charge)).status_code == 200
    found = "SELECT verdict, purchase_id, requested_at IS NOT NULL \
        FROM charges LEFT JOIN refunds USING \
        (telegram_payment_charge_id) WHERE telegram_payment_charge_id = %s"
    assert shop.sql.execute(found, [charge]).fetchone() == ("unknown_purchase", None, True)


def test_l8_a_mock_purchase_is_nothing_known_to_real_money(shop: Shop, buyer: Buyer) -> None:
    purchase_id, charge = new_id(), f"c{new_id()}"
    purchases.create_invoice(
        shop.app.extensions["stars"].db,
        purchase_id=purchase_id,
        owner=str(buyer.id),
        mode="mock",
        order=Order(**SWORD),
        request_id="r",
        pay_url="x",
    )
    assert shop.update(checkout(buyer.id, purchase_id)).json()["ok"] is False
    shop.update(message(buyer.id, purchase_id, charge))
    assert shop.charges(purchase_id) == [("unknown_purchase", False)]
    row = "SELECT status, version FROM purchases WHERE purchase_id = %s"
    assert shop.sql.execute(row, [purchase_id]).fetchone() == ("pending", 1)
    assert buyer.invoice(purchase_id).json()["error"] == "purchase_conflict"
    assert buyer.get(purchase_id).status_code == 404


@pytest.mark.parametrize(
    "field", ["currency", "total_amount", "invoice_payload", "telegram_payment_charge_id", "from"]
)
@pytest.mark.parametrize("value", [None, 5, 5.0, True, [], {}, -1, 2**63, 10**40, "", "a b", ...])
def test_l8_a_payment_that_cannot_be_read_settles_nothing(
    shop: Shop, buyer: Buyer, field: str, value: Any
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = message(buyer.id, purchase_id, f"c-{purchase_id}", amount=50)
    told = update["message"] if field == "from" else update["message"]["successful_payment"]
    if value is ...:
        del told[field]
    else:
        told[field] = value
    assert shop.update(update).status_code == 200
    assert buyer.status(purchase_id) == "pending"
