"""A webhook that fails: resends, their pauses, the order of updates, and when one is lost."""

import threading
from itertools import pairwise
from typing import Any

from harness.simulator import Hook, Sim, approve, approve_but, kind_of


def resends(sim: Sim, update: str) -> list[float]:
    """The pauses between the deliveries of the first such update, in whole seconds."""
    times = [line["at"] for line in sim.journal("delivery", update=update)]
    return [round(later - earlier) for earlier, later in pairwise(times)]


def test_a_refused_message_is_sent_again_at_once_then_ever_later_up_to_a_cap(
    shop: Sim, hook: Hook
) -> None:
    hook.handler = approve_but(500)
    shop.pay(shop.link(), shop.user())
    shop.push(300)
    pauses = resends(shop, "successful_payment")
    assert pauses[:6] == [0, 2, 4, 8, 16, 32]
    assert all(60 <= pause <= 120 for pause in pauses[6:])
    assert len(pauses) >= 8
    info = shop.ask("getWebhookInfo")
    assert info["pending_update_count"] == 1
    assert (
        info["last_error_message"] == "Wrong response from the webhook: 500 INTERNAL SERVER ERROR"
    )
    hook.handler = approve
    shop.push(120)
    assert shop.ask("getWebhookInfo")["pending_update_count"] == 0
    assert len({update["update_id"] for update in hook.came if "message" in update}) == 1


def test_retry_after_is_honoured_up_to_an_hour(shop: Sim, hook: Hook) -> None:
    waits = iter(["7", "99999", "0"])
    hook.handler = lambda update: (
        (503, {"Retry-After": next(waits, "")}, {}) if "message" in update else approve(update)
    )
    shop.pay(shop.link(), shop.user())
    shop.push(7 + 3600 + 3)
    assert resends(shop, "successful_payment")[:3] == [7, 3600, 2]


def test_a_message_is_lost_after_a_day_and_a_pre_checkout_after_150_seconds(
    shop: Sim, hook: Hook
) -> None:
    hook.handler, user = approve_but(503, {"Retry-After": "3600"}), shop.user()
    shop.pay(shop.link(), user)
    shop.push(82_000)
    assert shop.journal("update_lost") == []
    shop.push(4000)
    assert [line["update"] for line in shop.journal("update_lost")] == ["successful_payment"]
    assert shop.ask("getWebhookInfo")["pending_update_count"] == 0
    assert shop.ask("getStarTransactions")["transactions"][0]["amount"] == 50

    hook.handler = lambda update: (404, {}, {})
    shop.act("pay", link=shop.link(), user=user, wait=0)
    shop.push(160)
    assert len(resends(shop, "pre_checkout_query")) >= 6
    assert [line["update"] for line in shop.journal("update_lost")] == [
        "successful_payment",
        "pre_checkout_query",
    ]


def test_a_webhook_that_is_not_there_is_tried_again(sim: Sim, hook: Hook) -> None:
    sim.ask("setWebhook", url="http://127.0.0.1:9/")
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    sim.quiet()
    assert sim.ask("getWebhookInfo")["last_error_message"]
    assert {line["status"] for line in sim.journal("delivery")} == {None}
    sim.hook(hook)
    sim.push(3)
    assert hook.kinds() == ["pre_checkout_query", "successful_payment"]


def test_an_answer_that_takes_too_long_counts_as_none(sim: Sim, hook: Hook) -> None:
    assert sim.act("settings", webhook_timeout=0.2)["webhook_timeout"] == 0.2
    sim.hook(hook)
    slow, release = iter([True]), threading.Event()
    hook.handler = lambda update: (
        (release.wait(10) and None) or approve(update) if next(slow, False) else approve(update)
    )
    try:
        assert sim.pay(sim.link(), sim.user())["status"] == "paid"
    finally:
        release.set()
    assert sim.journal("delivery")[0]["error"] == "Read timeout expired"


def test_messages_of_a_chat_come_one_at_a_time_and_a_failing_one_blocks_that_buyer_alone(
    shop: Sim, hook: Hook
) -> None:
    alice, bob = shop.user(), shop.user()
    hook.handler = approve_but(500, chat=alice)
    for user in (alice, alice, bob):
        assert shop.pay(shop.link(), user)["status"] == "paid"
    messages = {
        (update["message"]["chat"]["id"], update["update_id"])
        for update in hook.came
        if "message" in update
    }
    assert sorted(chat for chat, _ in messages) == [alice, bob]
    hook.handler = approve
    shop.push(60)
    assert shop.ask("getWebhookInfo")["pending_update_count"] == 0


def test_a_payment_can_arrive_before_the_pre_checkouts_handler_has_returned(
    shop: Sim, hook: Hook
) -> None:
    told, order = threading.Event(), []

    def handler(update: dict[str, Any]) -> Any:
        if "pre_checkout_query" in update:
            query = update["pre_checkout_query"]["id"]
            shop.ask("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)
            assert told.wait(10)
        else:
            told.set()
        order.append(kind_of(update))
        return 200, {}, {}

    hook.handler = handler
    shop.pay(shop.link(), shop.user())
    assert order == ["successful_payment", "pre_checkout_query"]
