"""How the simulator delivers updates: webhooks, their queues and resends, and polling, over real HTTP."""

import json
import threading
from itertools import pairwise
from typing import Any

import pytest
from conftest import eventually
from simulated import SECRET, Hook, Sim, approve, approve_but, kind_of

# Webhooks


def test_the_secret_comes_back_in_its_header(shop: Sim, hook: Hook) -> None:
    shop.pay(shop.link(), shop.user())
    assert hook.secrets == [SECRET, SECRET]
    assert SECRET not in json.dumps(shop.look("journal"))
    shop.ask("setWebhook", url=hook.address)
    shop.pay(shop.link(), shop.user())
    assert hook.secrets[2:] == [None, None]


@pytest.mark.parametrize(
    ("args", "description"),
    [
        ({"url": "http://"}, "invalid webhook URL specified"),
        ({"url": "ftp://127.0.0.1/"}, "invalid webhook URL specified"),
        ({"url": "http://example.com/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            {"url": "https://example.com:8000/"},
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        ({"url": "https://example.com/", "secret_token": "x" * 257}, "secret token is too long"),
        (
            {"url": "https://example.com/", "secret_token": "no spaces"},
            "secret token contains unallowed characters",
        ),
    ],
)
def test_a_webhook_that_telegram_refuses_is_refused(
    sim: Sim, args: dict[str, str], description: str
) -> None:
    answer = sim.call("setWebhook", **args)
    assert answer == {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
    assert sim.ask("getWebhookInfo")["url"] == ""


def test_https_alone_is_a_setting(sim: Sim, hook: Hook) -> None:
    assert sim.act("settings", https_only=True)["https_only"]
    assert "HTTPS URL" in sim.call("setWebhook", url=hook.address)["description"]


def test_a_webhook_is_set_told_of_and_deleted(sim: Sim, hook: Hook) -> None:
    assert sim.ask("getWebhookInfo") == {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": 0,
    }
    said = [
        sim.call(*call[:1], **call[1])["description"]
        for call in (
            (
                "setWebhook",
                {"url": hook.address, "allowed_updates": ["message"], "max_connections": 3},
            ),
            ("setWebhook", {"url": hook.address, "max_connections": 3}),
            ("deleteWebhook", {}),
            ("setWebhook", {"url": ""}),
        )
    ]
    assert said == [
        "Webhook was set",
        "Webhook is already set",
        "Webhook was deleted",
        "Webhook is already deleted",
    ]
    sim.ask("setWebhook", url=hook.address)
    assert sim.ask("getWebhookInfo") == {
        "url": hook.address,
        "has_custom_certificate": False,
        "pending_update_count": 0,
        "max_connections": 40,
        "allowed_updates": ["message"],
    }


def test_only_allowed_updates_are_sent_and_the_choice_stays_when_left_out(
    shop: Sim, hook: Hook
) -> None:
    shop.hook(hook, allowed_updates=["pre_checkout_query"])
    shop.hook(hook)
    assert shop.pay(shop.link(), shop.user())["status"] == "paid"
    assert hook.kinds() == ["pre_checkout_query"]
    shop.hook(hook, allowed_updates=[])
    shop.pay(shop.link(), shop.user())
    assert hook.kinds() == ["pre_checkout_query", "pre_checkout_query", "successful_payment"]


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


@pytest.mark.parametrize(
    "body", ["text", [], {"method": "getMe"}, {"method": "deleteWebhook"}, {"method": 5}, {}]
)
def test_a_webhooks_answer_that_holds_no_call_is_just_an_answer(
    shop: Sim, hook: Hook, body: Any
) -> None:
    hook.handler = lambda update: (200, {}, body) if "message" in update else approve(update)
    assert shop.pay(shop.link(), shop.user())["status"] == "paid"
    assert shop.ask("getWebhookInfo")["url"] == hook.address
    assert shop.ask("getWebhookInfo")["pending_update_count"] == 0


def test_after_an_idle_week_update_ids_start_anew(shop: Sim, hook: Hook) -> None:
    shop.pay(shop.link(), shop.user())
    shop.push(8 * 86_400)
    shop.pay(shop.link(), shop.user())
    ids = [update["update_id"] for update in hook.came]
    assert ids[1] == ids[0] + 1
    assert ids[2] not in range(ids[1], ids[1] + 100)


# Polling


def test_polling_confirms_by_offset_and_holds_the_line(sim: Sim) -> None:
    assert sim.ask("getUpdates") == []
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    first, second = sim.ask("getUpdates")
    assert sim.ask("getUpdates", limit=1) == [first]
    assert sim.ask("getUpdates", offset=second["update_id"]) == [second]
    assert sim.ask("getUpdates") == [second]
    assert sim.ask("getUpdates", offset=second["update_id"] + 1) == []
    waiting = threading.Timer(
        0.05, lambda: sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    )
    waiting.start()
    assert [kind_of(update) for update in Sim(sim.address).ask("getUpdates", timeout=20)] == [
        "pre_checkout_query"
    ]
    waiting.join()
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    assert len(sim.ask("getUpdates", offset=-1)) == 1
    assert len(sim.ask("getUpdates")) == 1


def test_polling_and_a_webhook_exclude_each_other_and_a_second_poll_ends_the_first(
    sim: Sim, hook: Hook
) -> None:
    ended: list[Any] = []
    first = threading.Thread(
        target=lambda: ended.append(Sim(sim.address).call("getUpdates", timeout=50))
    )
    first.start()
    eventually(lambda: sim.call("getUpdates")["ok"] and ended, within=10)
    first.join()
    assert ended[0]["description"].startswith("Conflict: terminated by other getUpdates request")
    sim.hook(hook)
    refused = sim.call("getUpdates")
    assert refused["error_code"] == 409
    assert "can't use getUpdates method while webhook is active" in refused["description"]


def test_updates_wait_for_a_webhook_or_are_dropped_with_it(sim: Sim, hook: Hook) -> None:
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    assert sim.ask("getWebhookInfo")["pending_update_count"] == 1
    sim.hook(hook)
    sim.quiet()
    assert hook.kinds() == ["pre_checkout_query", "successful_payment"]
    sim.ask("deleteWebhook")
    sim.act("pay", link=sim.link(), user=sim.user(), wait=0)
    sim.hook(hook, drop_pending_updates=True)
    sim.quiet()
    assert len(hook.came) == 2
