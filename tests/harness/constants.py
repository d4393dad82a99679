"""Values that many tests share: where things are, what is bought, the bot's secrets."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
API = "/api/v1/purchase"
SWORD = {"item_id": "golden-sword", "price_stars": 50, "purchase_type": "cosmetic"}
BOT_TOKEN = "123456:" + "t" * 35
WEBHOOK_SECRET = "w" * 32
# The settings of an app that takes real Stars.
LIVE = {
    "mode": "live",
    "telegram_bot_token": BOT_TOKEN,
    "telegram_webhook_secret": WEBHOOK_SECRET,
}
