"""Faults of delivery: updates that come twice, late, never, reordered or forged."""

import threading
from typing import Any

import pytest
from harness.simulator import SECRET, TOO_LATE, Hook, Sim, approve


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
