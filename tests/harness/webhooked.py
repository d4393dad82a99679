"""A live service in this process that is told updates, as Telegram would tell them."""

import json
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from harness.constants import API, WEBHOOK_SECRET
from harness.live import SECRET_HEADER
from stars.domain import purchases
from stars.domain.service import Service
from stars.domain.types import Order
from stars.live import forwarding

BUYER = 42
FORWARD_SECRET = "forwarded-with-this-secret"
ITEM = """
    INSERT INTO items (item_id, title, description, price_stars, purchase_type, active)
    VALUES ('golden-sword', 'Golden sword', 'Sharp', 50, 'cosmetic', true)
"""


class Webhooked:
    """The service, and what Telegram would do to it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.here: Service = app.extensions["stars"]

    def tell(self, update: dict[str, Any] | bytes) -> TestResponse:
        """Send an update; bytes go out as they are."""
        body = update if isinstance(update, bytes) else json.dumps(update).encode()
        return self.app.test_client().post(
            f"{API}/webhook", data=body, headers={SECRET_HEADER: WEBHOOK_SECRET}
        )

    def offer(self, purchase_id: str, buyer: int = BUYER) -> None:
        """Have an invoice of the golden sword, past Telegram."""
        purchases.create_invoice(
            self.here.db,
            purchase_id=purchase_id,
            owner=str(buyer),
            mode="live",
            order=Order(item_id="golden-sword", price_stars=50, purchase_type="cosmetic"),
            request_id="r",
        )

    def waiting(self) -> int:
        """How many updates wait to be passed on to the shop's own bot."""
        return forwarding.count_waiting(self.here.db, bot_id=123456)
