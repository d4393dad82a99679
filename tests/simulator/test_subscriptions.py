"""Subscriptions: links with a period, renewals as the clock is pushed, cancelling, updates."""

from typing import Any

import pytest
from harness.simulator import PRICES, SWORD, Hook, Sim, approve

MONTH = 2_592_000
DAY = 86_400


def subscribe(shop: Sim, user: int, **args: Any) -> str:
    """Pay a link with a period; the charge, by which the subscription is known."""
    return str(shop.pay(shop.link(subscription_period=MONTH, **args), user)["charge"])


def payments(hook: Hook) -> list[dict[str, Any]]:
    """The payments that the bot was told of, in order."""
    messages = [update.get("message", {}) for update in hook.came]
    return [one["successful_payment"] for one in messages if "successful_payment" in one]


def changes(hook: Hook) -> list[str]:
    """The states that the bot was told of, in order."""
    return [update["subscription"]["state"] for update in hook.came if "subscription" in update]


def the_subscription(shop: Sim) -> dict[str, Any]:
    (subscription,) = shop.look("subscriptions")
    return dict(subscription)


@pytest.mark.parametrize("period", [60, 300, 86_400, MONTH + 1, -1, "x"])
def test_outside_the_test_environment_a_period_has_thirty_days(sim: Sim, period: Any) -> None:
    refused = sim.call("createInvoiceLink", **SWORD, prices=PRICES, subscription_period=period)
    assert refused["description"] == "Bad Request: SUBSCRIPTION_PERIOD_INVALID"
    assert sim.look("links") == []
    assert sim.link(subscription_period=MONTH)


def test_in_the_test_environment_it_has_one_minute_or_five(sim: Sim) -> None:
    test = Sim(sim.address, f"{sim.token}/test")
    assert test.link(subscription_period=60)
    assert test.link(subscription_period=300)
    refused = test.call("createInvoiceLink", **SWORD, prices=PRICES, subscription_period=MONTH)
    assert refused["description"] == "Bad Request: SUBSCRIPTION_PERIOD_INVALID"
    test.session.close()


def test_a_period_costs_at_most_ten_thousand_stars(sim: Sim) -> None:
    assert sim.link(10_000, subscription_period=MONTH)
    dear = '[{"label": "x", "amount": 10001}]'
    refused = sim.call("createInvoiceLink", **SWORD, prices=dear, subscription_period=MONTH)
    assert refused["description"] == "Bad Request: SUBSCRIPTION_AMOUNT_INVALID"
    sim.act("settings", max_subscription_amount=20_000)
    assert sim.link(10_001, subscription_period=MONTH)


def test_an_invoice_message_is_never_a_subscription(shop: Sim) -> None:
    user = shop.user()
    shop.ask("sendInvoice", chat_id=user, **SWORD, prices=PRICES, subscription_period=MONTH)
    assert shop.look("links")[0]["period"] == 0


def test_the_first_payment_and_each_renewal_say_what_they_are(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    charge = subscribe(shop, user)
    first_end = the_subscription(shop)["expires_at"]
    shop.push(2 * MONTH + DAY)

    first, *renewals = payments(hook)
    assert first["telegram_payment_charge_id"] == charge
    assert (first["is_recurring"], first["is_first_recurring"]) == (True, True)
    assert first["subscription_expiration_date"] == first_end
    ends = [one["subscription_expiration_date"] for one in renewals]
    assert ends == [first_end + MONTH, first_end + 2 * MONTH]
    for renewal in renewals:
        assert renewal["is_recurring"] is True
        assert "is_first_recurring" not in renewal
        assert renewal["invoice_payload"] == "order-1"
    assert len({one["telegram_payment_charge_id"] for one in (first, *renewals)}) == 3
    assert hook.kinds().count("pre_checkout_query") == 1
    assert (shop.stars(user), shop.balance()) == (850, 150)
    lines = shop.ask("getStarTransactions")["transactions"]
    assert [line["source"]["subscription_period"] for line in lines] == 3 * [MONTH]
    assert [line["id"] for line in lines] == [
        one["telegram_payment_charge_id"] for one in payments(hook)
    ]


def test_what_is_bought_once_has_no_period(shop: Sim, hook: Hook) -> None:
    shop.pay(shop.link(), shop.user())
    assert "is_recurring" not in payments(hook)[0]
    (line,) = shop.ask("getStarTransactions")["transactions"]
    assert "subscription_period" not in line["source"]


def test_a_year_is_pushed_at_once_and_each_month_is_paid_once(shop: Sim, hook: Hook) -> None:
    subscribe(shop, shop.user())
    shop.push(12 * MONTH + DAY)
    assert len(payments(hook)) == 13
    assert the_subscription(shop)["payments"] == 13


def test_a_buyer_too_poor_fails_and_may_pay_later(shop: Sim, hook: Hook) -> None:
    user = shop.user(60)
    charge = subscribe(shop, user)
    shop.push(2 * MONTH)
    assert changes(hook) == ["failed"]
    assert len(payments(hook)) == 1
    assert the_subscription(shop)["state"] == "failed"

    shop.act("users", id=user, stars=50)
    now = shop.look("clock")["now"]
    assert shop.act("renew", subscription=charge)["status"] == "paid"
    shop.quiet()
    paid = payments(hook)[1]
    assert abs(paid["subscription_expiration_date"] - now - MONTH) < 60
    assert the_subscription(shop)["state"] == "active"


def test_a_buyer_cancels_and_it_ends_with_the_period(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    charge = subscribe(shop, user)
    assert shop.act("unsubscribe", subscription=charge)["state"] == "canceled"
    shop.push(MONTH - DAY)
    assert the_subscription(shop)["state"] == "canceled"
    shop.push(2 * DAY)
    assert the_subscription(shop)["state"] == "expired"
    assert changes(hook) == ["canceled"]
    told = [update for update in hook.came if "subscription" in update]
    assert told[0]["subscription"]["user"]["id"] == user
    assert told[0]["subscription"]["invoice_payload"] == "order-1"
    assert "error" in shop.act("resubscribe", subscription=charge)
    assert len(payments(hook)) == 1


def test_a_buyer_who_resumes_in_time_is_charged_again(shop: Sim, hook: Hook) -> None:
    charge = subscribe(shop, shop.user())
    assert "error" in shop.act("resubscribe", subscription=charge)
    shop.act("unsubscribe", subscription=charge)
    assert "error" in shop.act("unsubscribe", subscription=charge)
    shop.act("resubscribe", subscription=charge)
    shop.push(MONTH + DAY)
    assert changes(hook) == ["canceled", "active"]
    assert len(payments(hook)) == 2


def test_the_bot_cancels_and_is_told_nothing_of_it(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    charge = subscribe(shop, user)
    about = {"user_id": user, "telegram_payment_charge_id": charge}
    assert shop.ask("editUserStarSubscription", **about, is_canceled=True) is True
    assert shop.ask("editUserStarSubscription", **about, is_canceled=True) is True
    assert the_subscription(shop)["canceled_by_bot"] is True
    assert "error" in shop.act("resubscribe", subscription=charge)
    assert changes(hook) == []
    shop.push(MONTH + DAY)
    assert "error" in shop.act("renew", subscription=charge)
    assert the_subscription(shop)["state"] == "expired"
    late = shop.call("editUserStarSubscription", **about, is_canceled=False)
    assert late["description"] == "Bad Request: SUBSCRIPTION_NOT_ACTIVE"


def test_what_the_bot_allows_again_the_buyer_takes_up(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    charge = subscribe(shop, user)
    about = {"user_id": user, "telegram_payment_charge_id": charge}
    shop.ask("editUserStarSubscription", **about, is_canceled=True)
    shop.ask("editUserStarSubscription", **about, is_canceled=False)
    assert the_subscription(shop)["state"] == "canceled"
    assert shop.act("resubscribe", subscription=charge)["state"] == "active"
    shop.push(MONTH + DAY)
    assert changes(hook) == ["active"]
    assert len(payments(hook)) == 2


def test_the_bot_names_the_first_charge_and_its_payer(shop: Sim, hook: Hook) -> None:
    user, stranger = shop.user(), shop.user()
    charge = subscribe(shop, user)
    shop.push(MONTH + DAY)
    renewal = payments(hook)[1]["telegram_payment_charge_id"]
    wrong = [(user, renewal), (user, ""), (stranger, charge), (99, charge)]
    refusals = [
        shop.call(
            "editUserStarSubscription",
            user_id=user_id,
            telegram_payment_charge_id=charge_id,
            is_canceled=True,
        )["description"].removeprefix("Bad Request: ")
        for user_id, charge_id in wrong
    ]
    assert refusals == [
        "CHARGE_ID_INVALID",
        "CHARGE_ID_EMPTY",
        "CHARGE_ID_INVALID",
        "user not found",
    ]
    other = Sim(shop.address, "777:" + "x" * 35)
    refused = other.call(
        "editUserStarSubscription",
        user_id=user,
        telegram_payment_charge_id=charge,
        is_canceled=True,
    )
    assert refused["description"] == "Bad Request: CHARGE_ID_INVALID"
    other.session.close()


@pytest.mark.parametrize("allowed", [True, False])
def test_changes_come_to_those_who_allow_them(sim: Sim, hook: Hook, allowed: bool) -> None:
    asked_for = ["message", "pre_checkout_query"] + ["subscription"] * allowed
    sim.hook(hook, allowed_updates=asked_for)
    charge = subscribe(sim, sim.user())
    sim.act("unsubscribe", subscription=charge)
    sim.quiet()
    assert changes(hook) == ["canceled"] * allowed
    assert len(sim.journal("update_not_allowed")) == (not allowed)


def test_a_renewal_is_refunded_like_any_payment(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    subscribe(shop, user)
    shop.push(MONTH + DAY)
    renewal = payments(hook)[1]["telegram_payment_charge_id"]
    assert shop.ask("refundStarPayment", user_id=user, telegram_payment_charge_id=renewal)
    shop.quiet()
    refund = hook.came[-1]["message"]["refunded_payment"]
    assert refund["telegram_payment_charge_id"] == renewal
    assert "is_recurring" not in refund
    assert shop.ask("getStarTransactions")["transactions"][-1]["id"] == renewal
    assert the_subscription(shop)["state"] == "active"


def test_a_setting_lets_renewals_ask_the_bot(shop: Sim, hook: Hook) -> None:
    shop.act("settings", ask_before_renewals=True)
    subscribe(shop, shop.user())
    shop.push(MONTH + DAY)
    assert hook.kinds()[:4] == 2 * ["pre_checkout_query", "successful_payment"]

    def decline(update: dict[str, Any]) -> Any:
        _, _, yes = approve(update)
        return 200, {}, yes and yes | {"ok": False, "error_message": "No more"}

    hook.handler = decline
    shop.push(MONTH)
    assert changes(hook) == ["failed"]
    assert len(payments(hook)) == 2


IS_RENEWAL = {"update": "successful_payment", "renewal": True}
IS_FIRST = {"update": "successful_payment", "renewal": False}


def test_a_renewal_can_be_told_twice(shop: Sim, hook: Hook) -> None:
    shop.fault("duplicate", match=IS_RENEWAL)
    subscribe(shop, shop.user())
    shop.push(MONTH + DAY)
    charges = [one["telegram_payment_charge_id"] for one in payments(hook)]
    assert len(charges) == 3
    assert charges[1] == charges[2]


def test_a_renewal_can_be_told_late(shop: Sim, hook: Hook) -> None:
    shop.fault("delay", seconds=5 * DAY, match=IS_RENEWAL)
    subscribe(shop, shop.user())
    shop.push(MONTH + DAY)
    assert len(payments(hook)) == 1
    assert len(shop.ask("getStarTransactions")["transactions"]) == 2
    shop.push(5 * DAY)
    assert len(payments(hook)) == 2


def test_a_renewal_can_be_told_before_the_first_payment(shop: Sim, hook: Hook) -> None:
    shop.fault("delay", seconds=MONTH + DAY, match=IS_FIRST)
    subscribe(shop, shop.user())
    shop.push(MONTH + 2 * DAY)
    assert [one.get("is_first_recurring") for one in payments(hook)] == [None, True]


def test_a_renewal_can_be_told_never(shop: Sim, hook: Hook) -> None:
    shop.fault("drop", match=IS_RENEWAL)
    subscribe(shop, shop.user())
    shop.push(MONTH + DAY)
    assert len(payments(hook)) == 1
    assert len(shop.ask("getStarTransactions")["transactions"]) == 2


def test_a_change_can_be_lost(shop: Sim, hook: Hook) -> None:
    shop.fault("drop", match={"update": "subscription", "state": "canceled"})
    charge = subscribe(shop, shop.user())
    shop.act("unsubscribe", subscription=charge)
    shop.act("resubscribe", subscription=charge)
    shop.quiet()
    assert changes(hook) == ["active"]
