"""A bot made with aiogram that sells swords."""

import asyncio
import logging
import os

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import (
    BotCommand,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LabeledPrice,
    Message,
    PreCheckoutQuery,
)

dispatcher = Dispatcher()
charges: dict[int, str] = {}  # the newest charge, by buyer
BUY = InlineKeyboardButton(text="Buy a sword", callback_data="buy")
PAY = InlineKeyboardButton(text="Pay 50 XTR", pay=True)


@dispatcher.message(CommandStart())
async def start(message: Message, command: CommandObject, bot: Bot) -> None:
    """Greet a buyer, with whatever the link said that led here."""
    await bot.send_chat_action(message.chat.id, "typing")
    await message.answer(
        f"Welcome, <b>{message.chat.first_name}</b>! {command.args or ''}",
        parse_mode="HTML",
        reply_markup=InlineKeyboardMarkup(inline_keyboard=[[BUY]]),
    )


@dispatcher.message(Command("paysupport"))
async def support(message: Message) -> None:
    """Say how to get help with a payment."""
    await message.answer("Write to us what went wrong.")


@dispatcher.message(Command("refund"))
async def refund(message: Message, bot: Bot) -> None:
    """Give the newest payment back."""
    await bot.refund_star_payment(message.chat.id, charges[message.chat.id])
    await message.answer("Your Stars are back.")


@dispatcher.callback_query(F.data == "buy")
async def offer(query: CallbackQuery) -> None:
    """Offer a sword."""
    assert isinstance(query.message, Message)
    await query.answer("One sword, coming up")
    await query.message.edit_text("A fine choice.")
    await query.message.answer_invoice(
        title="Golden sword",
        description="Sharp",
        payload="sword-1",
        currency="XTR",
        prices=[LabeledPrice(label="Golden sword", amount=50)],
        start_parameter="sword",
        reply_markup=InlineKeyboardMarkup(inline_keyboard=[[PAY]]),
    )


@dispatcher.pre_checkout_query()
async def approve(query: PreCheckoutQuery) -> None:
    """Approve whatever is bought."""
    await query.answer(ok=True)


@dispatcher.message(F.successful_payment)
async def deliver(message: Message) -> None:
    """Thank for a payment."""
    assert message.successful_payment
    charges[message.chat.id] = message.successful_payment.telegram_payment_charge_id
    await message.answer("Thank you! The sword is yours.")


async def main() -> None:
    """Sell until SIGTERM."""
    logging.basicConfig(level=logging.WARNING)
    api = TelegramAPIServer.from_base(os.environ["BOT_API"])
    bot = Bot(os.environ["BOT_TOKEN"], session=AiohttpSession(api=api))
    await bot.set_my_commands(
        [
            BotCommand(command="start", description="What is for sale"),
            BotCommand(command="paysupport", description="Help with a payment"),
        ]
    )
    await dispatcher.start_polling(bot)


if __name__ == "__main__":
    asyncio.run(main())
