"""N6: a webhook that is elsewhere is no fault where the shop's own bot relays."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from harness.watched import Telegram, Watched

THEIRS = "https://shop.example/bot"
Make = Callable[..., Watched]


@pytest.mark.parametrize("info", [{"url": THEIRS}, {"url": ""}], ids=["elsewhere", "polled"])
def test_n6_a_webhook_that_is_the_bots_own_is_in_order(
    make_watched: Make, telegram: Telegram, info: dict[str, Any]
) -> None:
    watched = make_watched(relayed_updates=True)
    telegram.webhook = info

    assert watched.reconcile("--repair").exit_code == 0
    assert watched.metrics()["stars_telegram_webhook_in_order"] == 1
    assert "setWebhook" not in telegram.asked


def test_n6_a_bot_that_does_not_ask_for_payments_is_named(
    make_watched: Make, telegram: Telegram
) -> None:
    watched = make_watched(relayed_updates=True)
    telegram.webhook = {"url": THEIRS, "allowed_updates": ["message", "subscription"]}

    told = watched.reconcile()

    assert told.exit_code == 1
    assert "Telegram does not send pre_checkout_query: have the shop's own bot ask" in told.stderr


def test_n6_a_bot_that_takes_nothing_is_named(make_watched: Make, telegram: Telegram) -> None:
    watched = make_watched(relayed_updates=True)
    telegram.webhook = {
        "url": THEIRS,
        "pending_update_count": 3,
        "last_error_message": "401 Unauthorized",
        "last_error_date": time.time(),
    }

    assert "look into the logs of the shop's own bot" in watched.reconcile().stderr


def test_n6_the_webhook_of_a_bot_that_relays_is_not_taken_from_it(
    make_watched: Make, telegram: Telegram
) -> None:
    watched = make_watched(relayed_updates=True)

    refused = watched.app.test_cli_runner().invoke(args=["telegram", "webhook", "set"])

    assert refused.exit_code == 1
    assert "RELAYED_UPDATES" in refused.stderr
    assert "setWebhook" not in telegram.asked


def test_n6_who_relays_without_saying_so_is_told_how(watched: Watched, telegram: Telegram) -> None:
    telegram.webhook = {"url": THEIRS}

    assert "or RELAYED_UPDATES=true" in watched.reconcile().stderr
