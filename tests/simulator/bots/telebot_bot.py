"""A bot made with pyTelegramBotAPI that sells swords."""

import os
import signal
from typing import Any

import telebot
from telebot.types import (
    BotCommand,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LabeledPrice,
    Message,
    PreCheckoutQuery,
)

telebot.apihelper.API_URL = os.environ["BOT_API"] + "/bot{0}/{1}"
bot = telebot.TeleBot(os.environ["BOT_TOKEN"])
charges: dict[int, str] = {}  # the newest charge, by buyer


def keyboard(**button: Any) -> InlineKeyboardMarkup:
    """An inline keyboard of one button."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(**button)]])


@bot.message_handler(commands=["start"])
def start(message: Message) -> None:
    """Greet a buyer, with whatever the link said that led here."""
    payload = message.text.removeprefix("/start").strip()
    bot.send_chat_action(message.chat.id, "typing")
    bot.send_message(
        message.chat.id,
        f"Welcome, <b>{message.chat.first_name}</b>! {payload}",
        parse_mode="HTML",
        reply_markup=keyboard(text="Buy a sword", callback_data="buy"),
    )


@bot.message_handler(commands=["paysupport"])
def support(message: Message) -> None:
    """Say how to get help with a payment."""
    bot.send_message(message.chat.id, "Write to us what went wrong.")


@bot.message_handler(commands=["refund"])
def refund(message: Message) -> None:
    """Give the newest payment back."""
    bot.refund_star_payment(message.chat.id, charges[message.chat.id])
    bot.send_message(message.chat.id, "Your Stars are back.")


@bot.callback_query_handler(func=lambda query: query.data == "buy")
def offer(query: CallbackQuery) -> None:
    """Offer a sword."""
    chat = query.message.chat.id
    bot.answer_callback_query(query.id, "One sword, coming up")
    bot.edit_message_text("A fine choice.", chat, query.message.message_id)
    bot.send_invoice(
        chat,
        title="Golden sword",
        description="Sharp",
        invoice_payload="sword-1",
        provider_token="",
        currency="XTR",
        prices=[LabeledPrice("Golden sword", 50)],
        start_parameter="sword",
        reply_markup=keyboard(text="Pay 50 XTR", pay=True),
    )


@bot.pre_checkout_query_handler(func=lambda query: True)
def approve(query: PreCheckoutQuery) -> None:
    """Approve whatever is bought."""
    bot.answer_pre_checkout_query(query.id, ok=True)


@bot.message_handler(content_types=["successful_payment"])
def deliver(message: Message) -> None:
    """Thank for a payment."""
    charges[message.chat.id] = message.successful_payment.telegram_payment_charge_id
    bot.send_message(message.chat.id, "Thank you! The sword is yours.")


def main() -> None:
    """Sell until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: bot.stop_polling())
    bot.set_my_commands(
        [
            BotCommand("start", "What is for sale"),
            BotCommand("paysupport", "Help with a payment"),
        ]
    )
    bot.polling(long_polling_timeout=5)


if __name__ == "__main__":
    main()
