"""What the real libraries read in the simulator's updates and transactions."""

import json
from typing import Any

import aiogram.types
import pytest
import telebot.types
import telegram
from harness.simulator import Sim

MONTH = 2_592_000


@pytest.fixture
def updates(sim: Sim) -> list[dict[str, Any]]:
    """A first payment, a renewal, and what follows a cancellation and a failure, in this order."""
    user = sim.user(100)
    sim.act("pay", link=sim.link(subscription_period=MONTH), user=user, wait=0)
    query = sim.ask("getUpdates")[-1]["pre_checkout_query"]["id"]
    sim.ask("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)
    (subscription,) = sim.look("subscriptions")
    sim.push(MONTH + 60)
    renewal = sim.ask("getUpdates")[-1:]  # what is pushed on for a day is forgotten
    sim.act("unsubscribe", subscription=subscription["subscription"])
    sim.act("resubscribe", subscription=subscription["subscription"])
    resumed = sim.ask("getUpdates")[-2:]
    sim.push(MONTH)
    return renewal + resumed + sim.ask("getUpdates")


def test_aiogram_reads_subscriptions(sim: Sim, updates: list[dict[str, Any]]) -> None:
    renewal, *changes = [aiogram.types.Update.model_validate(one) for one in updates]
    assert renewal.message
    paid = renewal.message.successful_payment
    assert paid
    assert (paid.is_recurring, paid.is_first_recurring) == (True, None)
    assert paid.subscription_expiration_date
    told = [change.subscription for change in changes if change.subscription]
    assert [one.state for one in told] == ["canceled", "active", "failed"]
    assert {one.invoice_payload for one in told} == {"order-1"}
    listed = sim.ask("getStarTransactions")
    transactions = aiogram.types.StarTransactions.model_validate(listed).transactions
    partners = [one.source for one in transactions]
    assert len(partners) == 2
    for partner in partners:
        assert isinstance(partner, aiogram.types.TransactionPartnerUser)
        assert partner.subscription_period == MONTH


def test_pytelegrambotapi_reads_subscriptions(sim: Sim, updates: list[dict[str, Any]]) -> None:
    texts = [json.dumps(one) for one in updates]
    renewal, *changes = [telebot.types.Update.de_json(text) for text in texts]
    paid = renewal.message.successful_payment
    assert (paid.is_recurring, paid.is_first_recurring) == (True, None)
    assert [one.subscription.state for one in changes] == ["canceled", "active", "failed"]
    assert {one.subscription.invoice_payload for one in changes} == {"order-1"}
    listed = telebot.types.StarTransactions.de_json(sim.ask("getStarTransactions"))
    assert [one.source.subscription_period for one in listed.transactions] == 2 * [MONTH]


def test_python_telegram_bot_reads_subscriptions(sim: Sim, updates: list[dict[str, Any]]) -> None:
    renewal, *changes = [telegram.Update.de_json(one, None) for one in updates]
    assert renewal.message
    paid = renewal.message.successful_payment
    assert paid
    assert (paid.is_recurring, paid.is_first_recurring) == (True, None)
    # Its release of today knows Bot API 10.1: the update is kept as it came.
    told = [change.api_kwargs["subscription"]["state"] for change in changes]
    assert told == ["canceled", "active", "failed"]
    listed = telegram.StarTransactions.de_json(sim.ask("getStarTransactions"), None)
    for one in listed.transactions:
        assert isinstance(one.source, telegram.TransactionPartnerUser)
        assert one.source.subscription_period
