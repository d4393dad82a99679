"""`flask trigger` plays whole stories in a rehearsal: Telegram's part is the simulator's."""

import json

import pytest
from harness.live import Shop


@pytest.mark.parametrize(
    "story",
    [
        "purchase.succeeded",
        "purchase.refunded",
        "subscription.renewed",
        "subscription.payment_failed",
        "subscription.resumed",
    ],
)
def test_a_story_of_a_rehearsal_ends_with_its_event(shop: Shop, story: str) -> None:
    key = shop.run("keys", "create", f"trigger-{story}", "--scope", "refund").stdout.strip()
    told = shop.run("trigger", story, "--service", shop.address, "--key", key, "--json")
    assert told.exit_code == 0, told.stderr
    events = [event["event_type"] for event in json.loads(told.stdout)]
    assert events[0] == "purchase_invoice_created"
    assert events[-1] == story.replace(".", "_")


def test_a_refund_without_a_key_says_which(shop: Shop) -> None:
    refused = shop.run("trigger", "purchase.refunded", "--service", shop.address)
    assert (refused.exit_code, "--scope refund" in refused.stderr) == (2, True)


def test_nothing_fails_in_live_mode(shop: Shop) -> None:
    refused = shop.run("trigger", "purchase.failed", "--service", shop.address)
    assert "A rehearsal cannot fail: it has no purchase.failed." in refused.stderr
