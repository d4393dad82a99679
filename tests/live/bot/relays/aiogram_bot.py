"""A bot made with aiogram that sells something of its own, and relays as docs/bot.md says."""

import asyncio
import os

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.types import Message, PreCheckoutQuery

STARS, KEY = os.environ["STARS"], os.environ["KEY"]
dispatcher = Dispatcher()

# RELAY


@dispatcher.message(CommandStart())
async def start(message: Message) -> None:
    """Greet."""
    await message.answer("Welcome!")


@dispatcher.pre_checkout_query()
async def approve(query: PreCheckoutQuery) -> None:
    """Approve what this bot sells itself."""
    await query.answer(ok=query.invoice_payload == "of-the-bot")


@dispatcher.message(F.successful_payment)
async def thank(message: Message) -> None:
    """Thank for a payment."""
    assert message.successful_payment
    await message.answer(f"Paid: {message.successful_payment.invoice_payload}")


async def main() -> None:
    """Sell until SIGTERM."""
    api = TelegramAPIServer.from_base(os.environ["BOT_API"])
    bot = Bot(os.environ["BOT_TOKEN"], session=AiohttpSession(api=api))
    await dispatcher.start_polling(
        bot, allowed_updates=["message", "pre_checkout_query", "subscription"]
    )


if __name__ == "__main__":
    asyncio.run(main())
