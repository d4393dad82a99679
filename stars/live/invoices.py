"""Invoices: the link by which a purchase can be paid in Telegram."""

import logging

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import items
from stars.domain.types import Purchase
from stars.errors import TelegramUnavailable
from stars.live.telegram import Telegram, TelegramError

log = logging.getLogger(__name__)


def link(db: Database, telegram: Telegram, *, purchase: Purchase) -> str:
    """Have Telegram make a link for a purchase, and store it. Return the one that is stored.

    Of two links made at once the first one that is stored counts. Telegram is asked between two
    statements: no row is locked meanwhile.

    Raises:
        TelegramUnavailable: there is no link. Asking again gets one.
        ItemNotForSale: the catalogue has lost the item.
        Busy, DatabaseUnavailable: nobody can tell whether a link is stored.

    """
    purchase_id = purchase["purchase_id"]
    item = items.get(db, purchase["item_id"])
    try:
        made = telegram.create_invoice_link(
            title=item["title"],
            description=item["description"],
            photo_url=item["photo_url"],
            payload=purchase_id,
            price_stars=purchase["price_stars"],
        )
    except TelegramError as error:
        log.error("telegram_unavailable", extra={"reason": str(error), "purchase_id": purchase_id})
        raise TelegramUnavailable(retry_after=error.pause) from None
    return str(db.fetch_one(queries.store_pay_url, purchase_id=purchase_id, pay_url=made))
