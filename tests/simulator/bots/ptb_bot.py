"""A bot made with python-telegram-bot that sells swords."""

import os
from typing import Any

from telegram import (
    BotCommand,
    CallbackQuery,
    Chat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LabeledPrice,
    Message,
    Update,
)
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    PreCheckoutQueryHandler,
    filters,
)

Context = ContextTypes.DEFAULT_TYPE
charges: dict[int, str] = {}  # the newest charge, by buyer
BUY = InlineKeyboardButton("Buy a sword", callback_data="buy")
PAY = InlineKeyboardButton("Pay 50 XTR", pay=True)


def said(update: Update) -> tuple[Chat, Message]:
    """The chat and the message of an update."""
    assert update.effective_chat
    assert update.effective_message
    return update.effective_chat, update.effective_message


async def start(update: Update, context: Context) -> None:
    """Greet a buyer, with whatever the link said that led here."""
    chat, message = said(update)
    await chat.send_action("typing")
    await message.reply_html(
        f"Welcome, <b>{chat.first_name}</b>! {' '.join(context.args or [])}",
        reply_markup=InlineKeyboardMarkup([[BUY]]),
    )


async def support(update: Update, _context: Context) -> None:
    """Say how to get help with a payment."""
    await said(update)[1].reply_text("Write to us what went wrong.")


async def refund(update: Update, context: Context) -> None:
    """Give the newest payment back."""
    chat, message = said(update)
    await context.bot.refund_star_payment(chat.id, charges[chat.id])
    await message.reply_text("Your Stars are back.")


async def offer(update: Update, context: Context) -> None:
    """Offer a sword."""
    chat, _message = said(update)
    query = update.callback_query
    assert isinstance(query, CallbackQuery)
    await query.answer("One sword, coming up")
    await query.edit_message_text("A fine choice.")
    await context.bot.send_invoice(
        chat.id,
        title="Golden sword",
        description="Sharp",
        payload="sword-1",
        currency="XTR",
        prices=[LabeledPrice("Golden sword", 50)],
        start_parameter="sword",
        reply_markup=InlineKeyboardMarkup([[PAY]]),
    )


async def approve(update: Update, _context: Context) -> None:
    """Approve whatever is bought."""
    assert update.pre_checkout_query
    await update.pre_checkout_query.answer(ok=True)


async def deliver(update: Update, _context: Context) -> None:
    """Thank for a payment."""
    chat, message = said(update)
    assert message.successful_payment
    charges[chat.id] = message.successful_payment.telegram_payment_charge_id
    await message.reply_text("Thank you! The sword is yours.")


async def tell_commands(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    """Set the commands that the menu shows."""
    await application.bot.set_my_commands(
        [
            BotCommand("start", "What is for sale"),
            BotCommand("paysupport", "Help with a payment"),
        ]
    )


def main() -> None:
    """Sell until SIGTERM."""
    api = os.environ["BOT_API"]
    application = (
        Application.builder()
        .token(os.environ["BOT_TOKEN"])
        .base_url(f"{api}/bot")
        .base_file_url(f"{api}/file/bot")
        .post_init(tell_commands)
        .build()
    )
    application.add_handler(CommandHandler("start", start))
    application.add_handler(CommandHandler("paysupport", support))
    application.add_handler(CommandHandler("refund", refund))
    application.add_handler(CallbackQueryHandler(offer, pattern="^buy$"))
    application.add_handler(PreCheckoutQueryHandler(approve))
    application.add_handler(MessageHandler(filters.SUCCESSFUL_PAYMENT, deliver))
    application.run_polling()


if __name__ == "__main__":
    main()
