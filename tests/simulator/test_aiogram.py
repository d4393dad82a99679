"""A bot made with aiogram, unmodified, takes the simulator for Telegram."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter, TelegramUnauthorizedError
from aiogram.types import LabeledPrice, Message, PreCheckoutQuery, TransactionPartnerUser
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web
from harness.simulator import SECRET, TOKEN, Sim, simulator
from harness.waiting import eventually

ASKED_FOR = ["message", "pre_checkout_query"]
GOODS = {"title": "Golden sword", "description": "Sharp", "payload": "order-1", "currency": "XTR"}
BIG = 2**52 - 1  # the largest id of a user


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `main` in a thread of its own: a browser of other tests may have a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(main())).result()


@pytest.fixture
def sim() -> Iterator[Sim]:
    with simulator() as sim:
        sim.user(id=BIG, first_name="Алиса", username="alice")
        yield sim


async def in_thread(act: Any, *args: Any, **more: Any) -> Any:
    return await asyncio.to_thread(lambda: act(*args, **more))


def aiogram_bot(sim: Sim, token: str = TOKEN) -> Bot:
    return Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(sim.address)))


def aiogram_shop(seen: list[Any]) -> Dispatcher:
    """Sells swords and nothing else, as aiogram's documentation does it."""
    dispatcher = Dispatcher()

    @dispatcher.pre_checkout_query()
    async def asked(query: PreCheckoutQuery) -> Any:
        seen.append(query)
        sword = query.invoice_payload == "order-1"
        return query.answer(ok=sword, error_message=None if sword else "Only swords")

    @dispatcher.message(F.successful_payment | F.refunded_payment)
    async def told(message: Message) -> None:
        seen.append(message.successful_payment or message.refunded_payment)

    return dispatcher


async def shop_with_aiogram(sim: Sim, bot: Bot, seen: list[Any]) -> None:
    """Everything that a shop does, once updates flow into `seen`."""
    prices = [LabeledPrice(label="Golden sword", amount=50)]
    link = await bot.create_invoice_link(**GOODS, prices=prices, provider_token="")
    outcome = await in_thread(sim.act, "pay", link=link, user=BIG)
    assert outcome["status"] == "paid"
    shield = await bot.create_invoice_link(**GOODS | {"payload": "order-2"}, prices=prices)
    assert (await in_thread(sim.act, "pay", link=shield, user=BIG))["reason"] == "Only swords"
    await in_thread(eventually, lambda: len(seen) == 3)
    payment = next(one for one in seen if hasattr(one, "telegram_payment_charge_id"))
    query = seen[0]
    assert (query.from_user.id, query.total_amount, query.currency, query.invoice_payload) == (
        BIG,
        50,
        "XTR",
        "order-1",
    )
    assert (payment.total_amount, payment.currency, payment.invoice_payload) == (
        50,
        "XTR",
        "order-1",
    )
    assert payment.telegram_payment_charge_id == outcome["charge"]
    assert (await bot.get_my_star_balance()).amount == 50

    assert await bot.refund_star_payment(BIG, payment.telegram_payment_charge_id)
    with pytest.raises(TelegramBadRequest, match="CHARGE_ALREADY_REFUNDED"):
        await bot.refund_star_payment(BIG, payment.telegram_payment_charge_id)
    await in_thread(eventually, lambda: len(seen) == 4)
    assert seen[3].telegram_payment_charge_id == outcome["charge"]
    incoming, outgoing = (await bot.get_star_transactions()).transactions
    assert incoming.id == outgoing.id == outcome["charge"]
    assert isinstance(incoming.source, TransactionPartnerUser)
    assert isinstance(outgoing.receiver, TransactionPartnerUser)
    assert (incoming.source.user.id, incoming.source.invoice_payload) == (BIG, "order-1")

    message = await bot.send_invoice(BIG, **GOODS, prices=prices)
    assert message.invoice
    assert message.invoice.total_amount == 50


def test_aiogram_sells_by_polling(sim: Sim) -> None:
    async def main() -> None:
        seen: list[Any] = []
        bot, dispatcher = aiogram_bot(sim), aiogram_shop(seen)
        polling = asyncio.create_task(
            dispatcher.start_polling(
                bot,
                handle_signals=False,
                polling_timeout=1,
                allowed_updates=ASKED_FOR,
                close_bot_session=False,
            )
        )
        try:
            await shop_with_aiogram(sim, bot, seen)
        finally:
            await dispatcher.stop_polling()
            await polling
            await bot.session.close()

    run(main)


@pytest.mark.parametrize("in_background", [False, True])
def test_aiogram_sells_by_webhook_and_answers_inside_it_or_by_a_call(
    sim: Sim, in_background: bool
) -> None:
    async def main() -> None:
        seen: list[Any] = []
        bot, app = aiogram_bot(sim), web.Application()
        handler = SimpleRequestHandler(
            aiogram_shop(seen), bot, handle_in_background=in_background, secret_token=SECRET
        )
        handler.register(app, "/hook")
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            await bot.set_webhook(
                f"http://127.0.0.1:{port}/hook", secret_token=SECRET, allowed_updates=ASKED_FOR
            )
            await shop_with_aiogram(sim, bot, seen)
            info = await bot.get_webhook_info()
            assert (info.pending_update_count, info.last_error_message, info.allowed_updates) == (
                0,
                None,
                ASKED_FOR,
            )
            assert await bot.delete_webhook()
        finally:
            await runner.cleanup()
            await bot.session.close()
        inline = {
            line["inline"] for line in sim.journal("request", method="answerPreCheckoutQuery")
        }
        assert inline == {not in_background}

    run(main)


def test_aiogram_understands_the_refusals(sim: Sim) -> None:
    async def main() -> None:
        bot, stranger = aiogram_bot(sim), aiogram_bot(sim, "123456:" + "x" * 35)
        try:
            me = await bot.get_me()
            assert (me.id, me.is_bot) == (123456, True)
            with pytest.raises(TelegramUnauthorizedError):
                await stranger.get_me()
            await in_thread(sim.act, "settings", refuse_stray_fields=True)
            with pytest.raises(TelegramBadRequest, match="STARS_INVOICE_INVALID"):
                await bot.create_invoice_link(
                    **GOODS, prices=[LabeledPrice(label="x", amount=1)], need_email=True
                )
            await in_thread(sim.fault, "429", retry_after=4)
            with pytest.raises(TelegramRetryAfter) as slow:
                await bot.get_me()
            assert slow.value.retry_after == 4
        finally:
            await bot.session.close()
            await stranger.session.close()

    run(main)
