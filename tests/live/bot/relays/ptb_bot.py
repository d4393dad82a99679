"""A bot made with python-telegram-bot that sells something of its own, and relays."""

import os

from telegram import Update
from telegram.ext import (
    Application,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    PreCheckoutQueryHandler,
    filters,
)

STARS, KEY = os.environ["STARS"], os.environ["KEY"]
API = os.environ["BOT_API"]
Context = ContextTypes.DEFAULT_TYPE


async def start(update: Update, _context: Context) -> None:
    """Greet."""
    assert update.message
    await update.message.reply_text("Welcome!")


async def approve(update: Update, _context: Context) -> None:
    """Approve what this bot sells itself."""
    query = update.pre_checkout_query
    assert query
    await query.answer(ok=query.invoice_payload == "of-the-bot")


async def thank(update: Update, _context: Context) -> None:
    """Thank for a payment."""
    assert update.message
    assert update.message.successful_payment
    await update.message.reply_text(f"Paid: {update.message.successful_payment.invoice_payload}")


application = (
    Application.builder()
    .token(os.environ["BOT_TOKEN"])
    .base_url(f"{API}/bot")
    .base_file_url(f"{API}/file/bot")
    .build()
)

# RELAY

application.add_handler(CommandHandler("start", start))
application.add_handler(PreCheckoutQueryHandler(approve))
application.add_handler(MessageHandler(filters.SUCCESSFUL_PAYMENT, thank))
application.run_polling(allowed_updates=["message", "pre_checkout_query", "subscription"])
