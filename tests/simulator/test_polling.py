"""Polling: getUpdates, and how it gets on with a webhook."""

import threading
from typing import Any

from harness.simulator import Hook, Sim, kind_of
from harness.waiting import eventually


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
