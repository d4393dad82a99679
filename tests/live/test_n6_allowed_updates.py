"""N6: setting the webhook adds what payments need to what the bot is sent, and takes nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from harness.constants import BOT_TOKEN, LIVE
from harness.simulator import Sim, simulator
from harness.types import MakeApp

from stars.live import webhook as webhooks
from stars.live.webhook import Webhook

NEEDED = {"message", "pre_checkout_query"}
FORWARDED = {
    "forward_updates_url": "http://127.0.0.1:9/bot",
    "forward_updates_secret": "f" * 32,
}
Run = Callable[..., Result]


@pytest.fixture
def sim() -> Iterator[Sim]:
    """A simulator, in which the bot has no webhook yet."""
    with simulator() as sim:
        sim.token = BOT_TOKEN
        yield sim


@pytest.fixture
def set_webhook(make_app: MakeApp, sim: Sim) -> Run:
    """Run `flask telegram webhook set`, with these settings."""

    def run(**settings: Any) -> Result:
        address = {"telegram_api_url": sim.address, "public_url": "http://127.0.0.1:9"}
        app: Flask = make_app(**LIVE | address | settings)
        return app.test_cli_runner().invoke(args=["telegram", "webhook", "set"])

    return run


def sent(sim: Sim) -> set[str]:
    """What Telegram is to send; empty for its default."""
    return set(sim.ask("getWebhookInfo").get("allowed_updates", []))


def test_n6_a_bot_that_listens_to_nothing_gets_what_payments_need(
    sim: Sim, set_webhook: Run
) -> None:
    told = set_webhook().stdout
    assert told.startswith("Telegram sends message and pre_checkout_query and subscription to http")
    assert sent(sim) >= NEEDED


def test_n6_what_a_bot_asked_for_stays(sim: Sim, set_webhook: Run) -> None:
    theirs = ["callback_query", "chat_member", "message"]
    sim.ask("setWebhook", url="http://127.0.0.1:9/theirs", allowed_updates=theirs)

    for _ in range(2):
        assert set_webhook().exit_code == 0
        assert sent(sim) >= NEEDED | set(theirs)


def test_n6_what_a_bot_polled_for_stays(sim: Sim, set_webhook: Run) -> None:
    sim.ask("getUpdates", allowed_updates=["inline_query"])

    assert set_webhook().exit_code == 0
    assert sent(sim) >= NEEDED | {"inline_query"}


def test_n6_a_bot_with_telegrams_default_keeps_it(sim: Sim, set_webhook: Run) -> None:
    sim.ask("setWebhook", url="http://127.0.0.1:9/theirs")

    assert "all that it sends by default" in set_webhook().stdout
    assert sent(sim) == set()


def test_n6_a_bot_that_is_passed_on_to_gets_all(sim: Sim, set_webhook: Run) -> None:
    assert "all that it sends by default" in set_webhook(**FORWARDED).stdout
    assert sent(sim) == set()


def test_n6_the_check_is_content_with_more_than_it_needs() -> None:
    webhook = Webhook(url="https://stars.example/hook", secret="s")
    for kinds in ([], sorted(NEEDED), ["callback_query", *sorted(NEEDED)]):
        updates = webhooks.updates_to_send({"allowed_updates": kinds}, webhook)
        info = {"url": webhook.url, "allowed_updates": updates}
        assert webhooks.misdirections(info, webhook) == []
