"""Every fault that the simulator can be armed with, over real HTTP."""

import threading
from typing import Any

import pytest
import requests
from simulated import PRICES, SECRET, SWORD, TOKEN, TOO_LATE, Hook, Sim, approve

# Faults of delivery


def test_fault_duplicate_sends_the_same_update_again(shop: Sim, hook: Hook) -> None:
    shop.fault("duplicate", times=2, match={"update": "successful_payment"})
    shop.pay(shop.link(), shop.user())
    shop.push(5)
    assert hook.kinds() == ["pre_checkout_query"] + 3 * ["successful_payment"]
    assert len({update["update_id"] for update in hook.came}) == 2
    assert shop.balance() == 50


def test_fault_drop_loses_the_update_but_not_the_payment(shop: Sim, hook: Hook) -> None:
    shop.fault("drop", match={"update": "successful_payment"})
    assert shop.pay(shop.link(), shop.user())["status"] == "paid"
    assert hook.kinds() == ["pre_checkout_query"]
    assert len(shop.ask("getStarTransactions")["transactions"]) == 1


def test_fault_delay_sends_it_late(shop: Sim, hook: Hook) -> None:
    shop.fault("delay", seconds=100, match={"update": "successful_payment"})
    shop.pay(shop.link(), shop.user())
    assert hook.kinds() == ["pre_checkout_query"]
    shop.push(99)
    assert len(hook.came) == 1
    shop.push(2)
    assert hook.kinds() == ["pre_checkout_query", "successful_payment"]


def test_fault_delay_lets_a_pre_checkout_come_when_it_is_over(shop: Sim, hook: Hook) -> None:
    shop.fault("delay", seconds=11, match={"update": "pre_checkout_query"})
    shop.act("pay", link=shop.link(), user=shop.user(), wait=0)
    shop.push(12)
    assert hook.kinds() == ["pre_checkout_query"]
    assert shop.look("checkouts")[0]["status"] == "failed"
    assert (
        shop.journal("request", method="answerPreCheckoutQuery")[0]["answer"]["description"]
        == TOO_LATE
    )


def test_fault_reorder_lets_the_next_update_overtake(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    shop.fault("reorder", seconds=3600, match={"update": "successful_payment"})
    shop.pay(shop.link(payload="first"), user)
    assert hook.kinds() == ["pre_checkout_query"]
    shop.pay(shop.link(payload="second"), user)
    told = [
        update["message"]["successful_payment"]["invoice_payload"]
        for update in hook.came
        if "message" in update
    ]
    assert sorted(told) == ["first", "second"]
    ids = [update["update_id"] for update in hook.came]
    assert ids != sorted(ids)


def test_fault_reorder_does_not_wait_for_ever(shop: Sim, hook: Hook) -> None:
    shop.fault("reorder", match={"update": "successful_payment"})
    shop.pay(shop.link(), shop.user())
    shop.push(6)
    assert hook.kinds() == ["pre_checkout_query", "successful_payment"]


def test_fault_concurrent_sends_copies_at_the_same_moment(shop: Sim, hook: Hook) -> None:
    shop.fault("concurrent", copies=3, match={"update": "successful_payment"})
    meeting = threading.Barrier(3, timeout=10)
    hook.handler = lambda update: (
        (200, {}, str(meeting.wait())) if "message" in update else approve(update)
    )
    shop.pay(shop.link(), shop.user())
    assert hook.kinds() == ["pre_checkout_query"] + 3 * ["successful_payment"]


@pytest.mark.parametrize(
    ("options", "secret"), [({}, "not-the-secret"), ({"secret": "x"}, "x"), ({"secret": ""}, None)]
)
def test_fault_forged_secret_delivers_a_strangers_copy_first(
    shop: Sim, hook: Hook, options: Any, secret: Any
) -> None:
    shop.fault("forged_secret", match={"update": "pre_checkout_query"}, **options)
    assert shop.pay(shop.link(), shop.user())["status"] == "paid"
    assert hook.secrets == [secret, SECRET, SECRET]
    assert [line["forged"] for line in shop.journal("delivery")] == [True, False, False]


# Faults of methods


def test_fault_429_says_how_long_to_wait(sim: Sim) -> None:
    sim.fault("429", retry_after=3, match={"method": "createInvoiceLink"})
    assert sim.call("getMe")["ok"]
    answer = requests.post(f"{sim.address}/bot{TOKEN}/createInvoiceLink", timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert answer.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 3",
        "parameters": {"retry_after": 3},
    }
    assert sim.link()


def test_fault_500_does_nothing(sim: Sim) -> None:
    sim.fault("500", times=2)
    refused = [sim.call("createInvoiceLink", **SWORD, prices=PRICES) for _ in range(2)]
    assert refused[0] == {"ok": False, "error_code": 500, "description": "Internal Server Error"}
    assert sim.look("links") == []
    assert sim.link()


def test_fault_timeout_drops_the_connection_and_nothing_is_done(sim: Sim) -> None:
    sim.fault("timeout", seconds=0)
    with pytest.raises(requests.ConnectionError):
        sim.link()
    assert sim.look("links") == []
    sim.fault("timeout", seconds=3600)
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{sim.address}/bot{TOKEN}/getMe", timeout=0.1)
    assert sim.look("faults")[1]["taken"] == 1


def test_fault_lost_answer_is_carried_out_and_a_refund_asked_again_is_already_refunded(
    shop: Sim,
) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.fault("lost_answer", match={"method": "REFUNDSTARPAYMENT", "charge": charge, "user": user})
    with pytest.raises(requests.ConnectionError):
        shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    again = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert again["description"] == "Bad Request: CHARGE_ALREADY_REFUNDED"
    assert (shop.stars(user), shop.balance()) == (1000, 0)


def test_fault_lost_answer_can_be_a_bad_gateway(sim: Sim) -> None:
    sim.fault("lost_answer", status=502)
    answer = requests.post(
        f"{sim.address}/bot{TOKEN}/createInvoiceLink", data=SWORD | {"prices": PRICES}, timeout=10
    )
    assert (answer.status_code, answer.json()["error_code"]) == (502, 502)
    assert len(sim.look("links")) == 1


def test_fault_already_refunded_refunds_and_says_so_at_the_first_asking(shop: Sim) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.fault("already_refunded")
    assert shop.call("getMe")["ok"]
    answer = shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    assert answer["description"] == "Bad Request: CHARGE_ALREADY_REFUNDED"
    assert (shop.stars(user), shop.balance()) == (1000, 0)


def test_fault_balance_too_low_refuses_a_refund(shop: Sim) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.fault("balance_too_low")
    assert shop.call("getMe")["ok"]
    answers = [
        shop.call("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
        for _ in range(2)
    ]
    assert [answer.get("description") for answer in answers] == [
        "Bad Request: BALANCE_TOO_LOW",
        None,
    ]


# Faults of payments


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


# Arming


def test_faults_are_armed_matched_counted_listed_and_cleared(sim: Sim) -> None:
    first = sim.fault("500", times=1, match={"method": "getme", "bot": 123456})
    second = sim.fault("500", times=None, match={"bot": "777"})
    assert not sim.call("getMe")["ok"]
    assert sim.call("getMe")["ok"]
    assert [(fault["id"], fault["times"], fault["taken"]) for fault in sim.look("faults")] == [
        (first["id"], 0, 1),
        (second["id"], None, 0),
    ]
    requests.delete(f"{sim.address}/sim/faults/{first['id']}", timeout=10)
    assert [fault["id"] for fault in sim.look("faults")] == [second["id"]]
    requests.delete(f"{sim.address}/sim/faults", timeout=10)
    assert sim.look("faults") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"kind": "nonsense"},
        {"kind": "500", "times": 0},
        {"kind": "500", "times": True},
        {"kind": "500", "match": {"x": 1}},
        {"kind": "500", "match": []},
        {"kind": "delay", "seconds": "5"},
        {"kind": "delay", "nonsense": 5},
        {"kind": "wrong_amount", "value": "x"},
        {"kind": "wrong_amount", "value": 0},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sim: Sim, wrong: dict[str, Any]) -> None:
    assert "error" in sim.act("faults", **wrong)
    assert sim.look("faults") == []
