"""Invoices: the link by which a purchase can be paid in Telegram."""

import logging
from urllib.parse import urlsplit

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import items
from stars.domain.types import Purchase
from stars.errors import TelegramUnavailable
from stars.live.telegram import Telegram, TelegramError

log = logging.getLogger(__name__)

ALIASES = ("telegram.me", "telegram.dog")
"""Other names of t.me. Telegram answers with them, and its own SDK does not open them.

https://github.com/python-telegram-bot/python-telegram-bot/issues/5296
"""


def link(db: Database, telegram: Telegram, *, purchase: Purchase) -> str:
    """Return the link of a purchase. If it has none, have Telegram make one, and store that.

    Of two links made at once the first one that is stored counts. Telegram is asked between two
    statements: no row is locked meanwhile.

    Raises:
        TelegramUnavailable: there is no link. Asking again gets one.
        ItemNotForSale: the catalogue has lost the item.
        Busy, DatabaseUnavailable: nobody can tell whether a link is stored.

    """
    stored = purchase["pay_url"]
    current = openable(stored or _make(db, telegram, purchase))
    if current == stored:
        return stored
    return str(
        db.fetch_one(
            queries.store_pay_url,
            purchase_id=purchase["purchase_id"],
            pay_url=current,
            outdated=stored,
        )
    )


def openable(link: str) -> str:
    """Return the link under the name that every client opens."""
    parts = urlsplit(link)
    if parts.hostname not in ALIASES:
        return link
    return parts._replace(scheme="https", netloc="t.me").geturl()


def _make(db: Database, telegram: Telegram, purchase: Purchase) -> str:
    purchase_id = purchase["purchase_id"]
    item = items.get(db, purchase["item_id"])
    try:
        return telegram.create_invoice_link(
            title=item["title"],
            description=item["description"],
            photo_url=item["photo_url"],
            payload=purchase_id,
            price_stars=purchase["price_stars"],
            subscription_period=purchase["subscription_period"],
        )
    except TelegramError as error:
        log.error("telegram_unavailable", extra={"reason": str(error), "purchase_id": purchase_id})
        raise TelegramUnavailable(retry_after=error.pause) from None
