"""Faults of payments: wrong terms, a second payment, a chargeback."""

from typing import Any

import pytest
from harness.simulator import Hook, Sim


def terms(update: dict[str, Any]) -> tuple[int, str, int]:
    """Amount, currency and who, as an update names them."""
    content = update.get("pre_checkout_query") or update["message"]["successful_payment"]
    return (
        content["total_amount"],
        content["currency"],
        update.get("message", content)["from"]["id"],
    )


@pytest.mark.parametrize("stage", ["checkout", "payment"])
def test_faults_of_terms_bend_what_is_asked_or_only_what_is_paid(
    shop: Sim, hook: Hook, stage: str
) -> None:
    user, stranger = shop.user(), shop.user(0)
    shop.fault("wrong_amount", value=7, match={"stage": stage})
    shop.fault("wrong_currency", value="EUR", match={"stage": stage})
    shop.fault("wrong_payer", value=stranger, match={"stage": stage})
    shop.pay(shop.link(), user)
    wrong, right = (7, "EUR", stranger), (50, "XTR", user)
    assert [terms(update) for update in hook.came] == [
        wrong if stage == "checkout" else right,
        wrong,
    ]
    assert (shop.stars(user), shop.stars(stranger), shop.balance()) == (1000, 0, 7)
    charge = shop.look("checkouts")[0]["charge"]
    assert shop.ask("refundStarPayment", user_id=stranger, telegram_payment_charge_id=charge)
    assert (shop.stars(stranger), shop.balance()) == (7, 0)


def test_faults_of_terms_have_values_of_their_own(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    for kind in ("wrong_amount", "wrong_currency", "wrong_payer"):
        shop.fault(kind)
    shop.pay(shop.link(), user)
    amount, currency, payer = terms(hook.came[1])
    assert (amount, currency) == (51, "USD")
    assert payer != user


def test_fault_unpaid_lets_an_approved_checkout_lead_to_nothing(shop: Sim, hook: Hook) -> None:
    shop.fault("unpaid")
    assert shop.pay(shop.link(), shop.user())["status"] == "failed"
    assert hook.kinds() == ["pre_checkout_query"]
    assert shop.journal("request", method="answerPreCheckoutQuery")[0]["answer"] == {
        "ok": True,
        "result": True,
    }


def test_fault_second_payment_pays_the_link_twice_at_once(shop: Sim, hook: Hook) -> None:
    user = shop.user(50)
    shop.fault("second_payment")
    shop.pay(shop.link(), user)
    assert sorted(hook.kinds()) == 2 * ["pre_checkout_query"] + 2 * ["successful_payment"]
    assert shop.balance() == 100
    assert len({one["charge"] for one in shop.look("checkouts")}) == 2


def test_a_chargeback_shows_only_among_the_transactions(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    shop.fault("chargeback", seconds=60)
    charge = shop.pay(shop.link(), user)["charge"]
    shop.push(61)
    by_hand = shop.pay(shop.link(), user)["charge"]
    shop.act("withdraw", stars=50)
    assert shop.act("chargeback", charge=by_hand)["charge"] == by_hand
    assert hook.kinds() == 2 * ["pre_checkout_query", "successful_payment"]
    assert (shop.stars(user), shop.balance()) == (1000, -50)
    lines = shop.ask("getStarTransactions")["transactions"]
    assert [
        line["id"] for line in lines if "receiver" in line and line["receiver"]["type"] == "user"
    ] == [charge, by_hand]
    again = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert again["description"] == "Bad Request: CHARGE_ALREADY_REFUNDED"
