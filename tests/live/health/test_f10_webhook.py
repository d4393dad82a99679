"""F10: a webhook that brings nothing is told of, and set again on request."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from harness.watched import WEBHOOK, Telegram, Watched


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        ({"url": ""}, "the webhook is not set"),
        ({"url": "https://other.example/hook"}, "the webhook is https://other.example/hook"),
        (
            {"url": WEBHOOK, "allowed_updates": ["message"]},
            "Telegram does not send pre_checkout_query",
        ),
        (
            {
                "url": WEBHOOK,
                "pending_update_count": 3,
                "last_error_message": "Connection refused",
                "last_error_date": time.time(),
            },
            "the last delivery failed: Connection refused",
        ),
    ],
    ids=["gone", "moved", "narrowed", "failing"],
)
def test_f10_a_webhook_that_brings_nothing_is_named(
    watched: Watched, telegram: Telegram, info: dict[str, Any], problem: str
) -> None:
    telegram.webhook = info

    done = watched.reconcile()

    assert done.exit_code == 1
    assert f"  webhook: {problem}" in done.stderr
    metrics = watched.metrics()
    assert (metrics["webhook"], metrics["stars_telegram_webhook_in_order"]) == (1, 0)
    assert f"webhook: {problem}" in watched.console()


def test_f10_a_failure_after_which_everything_arrived_is_none(
    watched: Watched, telegram: Telegram
) -> None:
    telegram.webhook |= {"last_error_message": "timeout", "last_error_date": time.time()}

    assert watched.reconcile().exit_code == 0


@pytest.mark.parametrize("address", ["", "https://other.example/hook"])
def test_f10_repair_sets_the_webhook_again(
    watched: Watched, telegram: Telegram, address: str
) -> None:
    telegram.webhook = {"url": address}
    assert watched.reconcile().exit_code == 1
    assert "setWebhook" not in telegram.asked

    repaired = watched.reconcile("--repair")

    assert repaired.exit_code == 0
    assert "webhook_repaired" in repaired.stderr
    assert "the webhook was not in order, and was set again" in repaired.stdout
    assert telegram.webhook == {"url": WEBHOOK}
    assert watched.metrics()["stars_telegram_webhook_in_order"] == 1
    assert "set again" not in watched.reconcile("--repair").stdout
    assert telegram.asked.count("setWebhook") == 1


def test_f10_without_an_address_the_webhook_is_looked_at_and_not_repaired(
    make_watched: Callable[..., Watched], telegram: Telegram
) -> None:
    watched = make_watched(public_url=None)

    assert watched.reconcile().exit_code == 0
    telegram.webhook = {"url": "https://other.example/hook"}
    assert "which is not this service" in watched.named()["webhook"]
    refused = watched.reconcile("--repair")
    assert (refused.exit_code, "PUBLIC_URL is not set" in refused.stderr) == (1, True)
