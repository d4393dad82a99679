"""A bot made with pyTelegramBotAPI, unmodified, takes the simulator for Telegram."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import telebot
from harness.simulator import SECRET, TOKEN, Sim, simulator, webhook
from harness.waiting import eventually

ASKED_FOR = ["message", "pre_checkout_query"]
GOODS = {"title": "Golden sword", "description": "Sharp", "payload": "order-1", "currency": "XTR"}
BIG = 2**52 - 1  # the largest id of a user


@pytest.fixture
def sim() -> Iterator[Sim]:
    with simulator() as sim:
        sim.user(id=BIG, first_name="Алиса", username="alice")
        yield sim


@pytest.fixture
def pytba(sim: Sim, monkeypatch: pytest.MonkeyPatch) -> telebot.TeleBot:
    """A bot of pyTelegramBotAPI."""
    monkeypatch.setattr(telebot.apihelper, "API_URL", sim.address + "/bot{0}/{1}")
    return telebot.TeleBot(TOKEN, threaded=False)


def shop_with_pytba(bot: telebot.TeleBot, seen: list[Any]) -> None:
    """Let it sell swords and nothing else."""

    @bot.pre_checkout_query_handler(func=lambda query: True)
    def asked(query: Any) -> None:
        seen.append(query)
        sword = query.invoice_payload == "order-1"
        bot.answer_pre_checkout_query(
            query.id, ok=sword, error_message=None if sword else "Only swords"
        )

    @bot.message_handler(content_types=["successful_payment"])
    def told(message: Any) -> None:
        seen.append(message.successful_payment)

    # It parses refunds, but none of its content types names them: a listener sees them all.
    bot.set_update_listener(
        lambda messages: seen.extend(
            one.refunded_payment for one in messages if one.refunded_payment
        )
    )


def sell_with_pytba(sim: Sim, bot: telebot.TeleBot, seen: list[Any]) -> None:
    """Everything that a shop does, once updates flow into `seen`."""
    prices = [telebot.types.LabeledPrice("Golden sword", 50)]
    link = bot.create_invoice_link(**GOODS, prices=prices, provider_token="")
    charge = sim.act("pay", link=link, user=BIG)["charge"]
    shield = bot.create_invoice_link(
        **GOODS | {"payload": "order-2"}, prices=prices, provider_token=None
    )
    assert sim.act("pay", link=shield, user=BIG)["reason"] == "Only swords"
    eventually(lambda: len(seen) == 3)
    payment = next(one for one in seen if isinstance(one, telebot.types.SuccessfulPayment))
    assert (seen[0].from_user.id, seen[0].total_amount, seen[0].invoice_payload) == (
        BIG,
        50,
        "order-1",
    )
    assert (payment.total_amount, payment.currency, payment.telegram_payment_charge_id) == (
        50,
        "XTR",
        charge,
    )
    assert bot.get_my_star_balance().amount == 50

    assert bot.refund_star_payment(BIG, charge)
    with pytest.raises(telebot.apihelper.ApiTelegramException, match="CHARGE_ALREADY_REFUNDED"):
        bot.refund_star_payment(BIG, charge)
    eventually(lambda: len(seen) == 4)
    assert seen[3].telegram_payment_charge_id == charge
    incoming, outgoing = bot.get_star_transactions().transactions
    assert incoming.id == outgoing.id == charge
    assert (
        incoming.source.user.id,
        incoming.source.invoice_payload,
        outgoing.receiver.user.id,
    ) == (BIG, "order-1", BIG)
    assert (
        bot.send_invoice(
            BIG, "Golden sword", "Sharp", "order-1", "", "XTR", prices
        ).invoice.total_amount
        == 50
    )
    assert bot.get_me().id == 123456


def test_pytelegrambotapi_sells_by_polling(sim: Sim, pytba: telebot.TeleBot) -> None:
    seen: list[Any] = []
    shop_with_pytba(pytba, seen)
    how = {"long_polling_timeout": 1, "allowed_updates": ASKED_FOR}
    polling = threading.Thread(target=pytba.polling, kwargs=how, daemon=True)
    polling.start()
    try:
        sell_with_pytba(sim, pytba, seen)
    finally:
        pytba.stop_polling()
        polling.join(10)
    assert not polling.is_alive()


def test_pytelegrambotapi_sells_by_webhook(sim: Sim, pytba: telebot.TeleBot) -> None:
    seen: list[Any] = []
    shop_with_pytba(pytba, seen)

    def handler(update: dict[str, Any]) -> Any:
        pytba.process_new_updates([telebot.types.Update.de_json(json.dumps(update))])
        return 200, {}, {}

    with webhook() as hook:
        hook.handler = handler
        pytba.set_webhook(hook.address, secret_token=SECRET, allowed_updates=ASKED_FOR)
        sell_with_pytba(sim, pytba, seen)
        assert set(hook.secrets) == {SECRET}
        assert pytba.get_webhook_info().allowed_updates == ASKED_FOR
        assert pytba.delete_webhook()
