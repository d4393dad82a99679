"""Refunds, and the transactions that tell of them."""

from typing import Any

import pytest
from harness.simulator import Hook, Sim


def test_a_refund_gives_everything_back_once_under_the_payments_own_id(
    shop: Sim, hook: Hook
) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.pay(shop.link(30, payload="order-2"), user)
    assert shop.ask("refundStarPayment", user_id=user, telegram_payment_charge_id=charge) is True
    again = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert again == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: CHARGE_ALREADY_REFUNDED",
    }
    assert (shop.stars(user), shop.balance()) == (970, 30)
    shop.quiet()
    told = hook.came[-1]["message"]
    assert told["refunded_payment"]["telegram_payment_charge_id"] == charge
    assert told["refunded_payment"]["invoice_payload"] == "order-1"
    assert told["chat"]["id"] == user

    lines = shop.ask("getStarTransactions")["transactions"]
    assert [
        (line["id"] == charge, line["amount"], "source" in line, "receiver" in line)
        for line in lines
    ] == [
        (True, 50, True, False),
        (False, 30, True, False),
        (True, 50, False, True),
    ]
    partner = lines[0]["source"]
    assert (
        partner["type"],
        partner["transaction_type"],
        partner["user"]["id"],
        partner["invoice_payload"],
    ) == ("user", "invoice_payment", user, "order-1")
    assert shop.ask("getStarTransactions", offset=1, limit=1)["transactions"] == lines[1:2]
    assert shop.ask("getStarTransactions", offset=3)["transactions"] == []


def test_transactions_come_a_hundred_at_most_the_oldest_first(shop: Sim) -> None:
    link, user = shop.link(1), shop.user()
    for _ in range(101):
        shop.act("pay", link=link, user=user)
    first = shop.ask("getStarTransactions", limit=500)["transactions"]
    rest = shop.ask("getStarTransactions", offset=100)["transactions"]
    assert [line["id"] for line in first + rest] == [
        one["charge"] for one in shop.look("checkouts")
    ]
    assert len(first) == 100


@pytest.mark.parametrize(
    ("user", "charge", "description"),
    [
        ("nobody", "", "invalid user_id specified"),
        (99, "", "user not found"),
        (1001, "", "CHARGE_ID_EMPTY"),
        (1001, "stxnothing", "CHARGE_ID_INVALID"),
        (1002, "{charge}", "CHARGE_ID_INVALID"),
    ],
)
def test_a_refund_of_something_else_is_refused(
    shop: Sim, user: Any, charge: str, description: str
) -> None:
    payer, _other = shop.user(), shop.user()
    charge = charge.format(charge=shop.pay(shop.link(), payer)["charge"])
    answer = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert answer["description"] == f"Bad Request: {description}"
    assert shop.balance() == 50


def test_a_refund_needs_the_stars_that_the_owner_may_have_withdrawn(shop: Sim) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    assert "error" in shop.act("withdraw", stars=51)
    assert shop.act("withdraw", stars=20) == {"balance": 30}
    refused = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert refused["description"] == "Bad Request: BALANCE_TOO_LOW"
    assert shop.ask("getStarTransactions")["transactions"][-1]["receiver"]["type"] == "fragment"
    assert shop.stars(user) == 950
