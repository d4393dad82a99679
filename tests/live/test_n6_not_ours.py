"""N6: a payment that is not ours is left alone and named, whichever way it comes."""

import json
from typing import Any

import pytest
from harness.live import Buyer, Shop
from harness.updates import checkout, message, new_id

from stars.live import charges, transactions
from stars.live.charges import Charge, ChargeVerdict

OUTCOME = "SELECT outcome FROM telegram_updates WHERE update_id = %s"
TRACES = """
    SELECT count(*) FROM charges LEFT JOIN refunds USING (telegram_payment_charge_id)
    WHERE telegram_payment_charge_id = %s
"""


def outcome(shop: Shop, update: dict[str, Any]) -> str:
    """What came of an update that was told."""
    row = shop.sql.execute(OUTCOME, [update["update_id"]]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("kind", ["successful_payment", "refunded_payment"])
@pytest.mark.parametrize(
    "payload", ["no-such", "", "a b", "x" * 128, "\0", "\u043f" * 64, "'; DROP TABLE charges; --"]
)
def test_n6_a_payment_for_nothing_of_ours_leaves_no_trace_but_its_name(
    shop: Shop, buyer: Buyer, payload: str, kind: str
) -> None:
    charge = f"c{new_id()}"
    update = message(buyer.id, payload, charge, kind=kind)

    assert shop.update(update).status_code == 200
    assert outcome(shop, update) == "unknown_purchase"
    assert shop.sql.execute(TRACES, [charge]).fetchone() == (0,)


def test_n6_a_renewal_that_is_not_ours_is_left_alone(shop: Shop, buyer: Buyer) -> None:
    charge = f"c{new_id()}"
    update = message(buyer.id, "of-another-shop", charge, is_recurring=True)

    assert shop.update(update).status_code == 200
    assert outcome(shop, update) == "unknown_purchase"
    assert shop.sql.execute(TRACES, [charge]).fetchone() == (0,)


def test_n6_what_is_not_ours_is_named_in_the_log(shop: Shop, buyer: Buyer) -> None:
    charge = f"c{new_id()}"
    shop.update(message(buyer.id, "of-another-shop", charge))

    [line] = [one for one in logged(shop, "payment_not_ours") if one[CHARGE] == charge]
    assert line["level"] == "WARNING"
    assert line["invoice_payload"] == "of-another-shop"
    assert line["payer_id"] == str(buyer.id)
    assert line["amount"] == 50


CHARGE = "telegram_payment_charge_id"


def logged(shop: Shop, name: str) -> list[dict[str, Any]]:
    """The log lines of that name."""
    lines = shop.log.read_text().splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in found if line["message"] == name]


def test_n6_a_known_charge_is_still_known_when_it_comes_again(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    charge = f"c-{purchase_id}"
    buyer.link(purchase_id)
    first, second = (message(buyer.id, purchase_id, charge) for _ in range(2))
    shop.update(first)
    shop.update(second)

    assert [outcome(shop, update) for update in (first, second)] == ["settled", "repeated"]


def test_n6_a_checkout_of_what_is_not_ours_is_declined(shop: Shop, buyer: Buyer) -> None:
    update = checkout(buyer.id, "of-another-shop")

    assert shop.update(update).json()["ok"] is False
    assert outcome(shop, update) == "unknown_purchase"


@pytest.fixture
def entry(buyer: Buyer) -> dict[str, Any]:
    """An entry of Telegram's list: a buyer paid an invoice."""
    source = {
        "type": "user",
        "transaction_type": "invoice_payment",
        "user": {"id": buyer.id, "is_bot": False, "first_name": "A"},
        "invoice_payload": new_id(),
    }
    return {"id": "t1", "amount": 50, "date": 1, "source": source}


def test_n6_a_sale_in_telegrams_list_is_one(entry: dict[str, Any]) -> None:
    assert isinstance(transactions.parse_transaction(entry), transactions.IncomingPayment)


@pytest.mark.parametrize("kind", ["paid_media_payment", "gift_purchase", "of_the_future", None, 5])
def test_n6_what_is_no_sale_in_telegrams_list_is_none(entry: dict[str, Any], kind: object) -> None:
    entry["source"]["transaction_type"] = kind

    assert isinstance(transactions.parse_transaction(entry), transactions.OtherTransaction)


def test_n6_a_sale_that_is_not_ours_is_left_alone_in_telegrams_list_too(
    shop: Shop, buyer: Buyer
) -> None:
    charge = Charge(
        charge_id=f"c{new_id()}",
        payer_id=str(buyer.id),
        invoice_payload="of-another-shop",
        currency="XTR",
        amount=50,
    )
    here = shop.app.extensions["stars"]

    verdict = charges.settle(here.db, bot_id=123456, charge=charge, request_id="r")

    assert verdict is ChargeVerdict.UNKNOWN_PURCHASE
    assert shop.sql.execute(TRACES, [charge.charge_id]).fetchone() == (0,)
