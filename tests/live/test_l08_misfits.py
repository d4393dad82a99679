"""L8: a charge that does not fit is recorded, refused and queued for refund."""

from typing import Any

import pytest
from harness.constants import SWORD
from harness.live import Buyer, Shop
from harness.updates import LEFT_OUT, checkout, message, new_id, shown

from stars.domain import purchases
from stars.domain.types import Order

MISFITS: dict[str, dict[str, Any]] = {
    "wrong_amount": {"amount": 49},
    "wrong_currency": {"currency": "USD"},
    "wrong_payer": {"user": 424242},
}
QUEUED = "SELECT attempts, done_at FROM refunds WHERE telegram_payment_charge_id = %s"


def is_refused_once(shop: Shop, buyer: Buyer, purchase_id: str, charge: str, reason: str) -> None:
    """Recorded, told in the history once, and queued for refund."""
    assert shop.charges(purchase_id)[-1] == (reason, False)
    assert shop.sql.execute(QUEUED, [charge]).fetchall() == [(0, None)]
    assert buyer.history(purchase_id).count("purchase_payment_refused") == 1
    event = buyer.events(purchase_id)[-1]
    assert event["event_type"] == "purchase_payment_refused"
    assert event["payload"]["reason"] == reason
    assert event["payload"]["telegram_payment_charge_id"] == charge


@pytest.mark.parametrize(("reason", "terms"), MISFITS.items(), ids=MISFITS.keys())
def test_l8_a_charge_that_does_not_fit_is_recorded_refused_and_queued(
    shop: Shop, buyer: Buyer, reason: str, terms: dict[str, Any]
) -> None:
    purchase_id = new_id()
    charge = f"c-{purchase_id}"
    link = buyer.link(purchase_id)
    before = buyer.get(purchase_id).json()
    told = {"user": buyer.id, "purchase_id": purchase_id, "charge": charge, **terms}
    for _ in range(2):
        assert shop.update(message(**told)).status_code == 200

    is_refused_once(shop, buyer, purchase_id, charge, reason)
    assert buyer.get(purchase_id).json() == before
    assert buyer.pay(link)["status"] == "paid"  # the right payment still gets through


def test_l8_more_stars_than_there_are_is_a_wrong_amount(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    charge = f"c-{purchase_id}"
    buyer.link(purchase_id)
    shop.update(message(buyer.id, purchase_id, charge, amount=2**52))

    is_refused_once(shop, buyer, purchase_id, charge, "wrong_amount")


def test_l8_a_second_charge_is_recorded_refused_and_queued(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    charge = f"c-{purchase_id}"
    buyer.pay(buyer.link(purchase_id))
    before = buyer.get(purchase_id).json()
    for _ in range(2):
        assert shop.update(message(buyer.id, purchase_id, charge)).status_code == 200

    is_refused_once(shop, buyer, purchase_id, charge, "already_paid")
    assert buyer.get(purchase_id).json() == before


@pytest.fixture
def mock_purchase(shop: Shop, buyer: Buyer) -> str:
    """A purchase of the same buyer, made by a mock on the same database."""
    purchase_id = new_id()
    purchases.create_invoice(
        shop.app.extensions["stars"].db,
        purchase_id=purchase_id,
        owner=str(buyer.id),
        mode="mock",
        order=Order(**SWORD),
        request_id="r",
        pay_url="x",
    )
    return purchase_id


def test_l8_a_mock_purchase_is_nothing_known_to_real_money(
    shop: Shop, buyer: Buyer, mock_purchase: str
) -> None:
    assert shop.update(checkout(buyer.id, mock_purchase)).json()["ok"] is False
    shop.update(message(buyer.id, mock_purchase, f"c-{mock_purchase}"))

    assert shop.charges(mock_purchase) == []
    row = "SELECT status, version FROM purchases WHERE purchase_id = %s"
    assert shop.sql.execute(row, [mock_purchase]).fetchone() == ("pending", 1)


def test_l8_a_mock_purchase_is_not_shown_in_live_mode(buyer: Buyer, mock_purchase: str) -> None:
    assert buyer.invoice(mock_purchase).json()["error"] == "purchase_conflict"
    assert buyer.get(mock_purchase).status_code == 404


@pytest.mark.parametrize(
    "field", ["currency", "total_amount", "invoice_payload", "telegram_payment_charge_id", "from"]
)
@pytest.mark.parametrize(
    "value", [None, 5, 5.0, True, [], {}, -1, 2**63, 10**40, "", "a b", LEFT_OUT], ids=shown
)
def test_l8_a_payment_that_cannot_be_read_settles_nothing(
    shop: Shop, buyer: Buyer, field: str, value: Any
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = message(buyer.id, purchase_id, f"c-{purchase_id}", amount=50)
    content = update["message"]
    told = content if field == "from" else content["successful_payment"]
    told[field] = value
    if value is LEFT_OUT:
        del told[field]

    assert shop.update(update).status_code == 200
    assert buyer.status(purchase_id) == "pending"
