"""Faults of methods: calls that are refused, dropped, or carried out without an answer."""

import pytest
import requests
from harness.simulator import PRICES, SWORD, TOKEN, Sim


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
