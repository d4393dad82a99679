"""Payments in live mode: real Stars, which only Telegram can take."""

import hmac
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import items, purchases
from stars.domain.payments import Payments, Steering, UpdateAnswer
from stars.domain.types import Mode, Order, Purchase, Transition
from stars.errors import (
    Busy,
    DatabaseUnavailable,
    InvalidJson,
    TelegramUnavailable,
    Unauthorized,
)
from stars.live import charges
from stars.live.telegram import Telegram, TelegramError

log = logging.getLogger(__name__)

DECLINED = json.loads((Path(__file__).parent / "declined.json").read_text(encoding="utf-8"))
POLL_AFTER = 1
"""Seconds: Telegram's word comes within a few, and a look is one indexed read."""


class LivePayments(Payments):
    """Live mode. Telegram makes the links, takes the Stars and tells of them."""

    mode: ClassVar[Mode] = "live"

    def __init__(self, db: Database, telegram: Telegram, webhook_secret: str) -> None:
        self._db = db
        self.telegram = telegram
        self._webhook_secret = webhook_secret

    def create_invoice(
        self, *, purchase_id: str, owner: str, order: Order, request_id: str, address: str
    ) -> Transition:
        """Make a purchase `pending` or reuse it, and see that it has Telegram's link.

        The row is committed before Telegram is asked. Of two links made at once the first one
        that is stored counts.
        """
        transition = purchases.create_invoice(
            self._db,
            purchase_id=purchase_id,
            owner=owner,
            mode=self.mode,
            order=order,
            request_id=request_id,
        )
        purchase = transition.purchase
        if purchase["status"] != "pending" or purchase["pay_url"]:
            return transition
        purchase["pay_url"] = self._link(purchase)
        return replace(transition, purchase=purchase)

    def complete_purchase(
        self,
        *,
        purchase_id: str,
        owner: str,
        order: Order,
        request_id: str,
        address: str,
        steering: Steering | None,
    ) -> Transition:
        """Return the purchase as Telegram's webhook has left it: a caller completes nothing (G24)."""
        purchase = purchases.confirm_purchase(
            self._db, purchase_id=purchase_id, owner=owner, mode=self.mode, order=order
        )
        return Transition(purchase=purchase)

    def accept_update(self, *, secret: str, body: bytes, request_id: str) -> UpdateAnswer:
        """Keep an update of Telegram's, handle it, and answer it.

        Raises:
            Unauthorized: the secret is missing or wrong.
            InvalidJson: the body is not JSON.
            Busy, DatabaseUnavailable: it is not handled. Telegram sends it again.

        """
        self._admit_telegram(secret)
        try:
            text = body.decode()
            update = charges.parse_update(text)
        except ValueError:
            raise InvalidJson from None
        told: Any = {"update": update, "body": text, "request_id": request_id}
        if not isinstance(update, dict) or "pre_checkout_query" not in update:
            charges.take_update(self._db, self.telegram.bot_id, **told)
            return UpdateAnswer(status=200)
        try:
            decision = charges.decide_pre_checkout(self._db, self.telegram.bot_id, **told)
        except (DatabaseUnavailable, Busy):
            # A no that the buyer can read; waiting would cancel the sale without a word.
            decision = "unavailable"
        return UpdateAnswer(
            status=200, document=answer_inline(update["pre_checkout_query"], decision)
        )

    def poll_after(self, purchase: Purchase) -> int | None:
        """Return POLL_AFTER for a pending purchase."""
        return POLL_AFTER if purchase["status"] == "pending" else None

    def operator_actions(self, purchase: Purchase) -> tuple[str, ...]:
        """Return `refund` for a live purchase that succeeded."""
        if purchase["mode"] == self.mode and purchase["status"] == "succeeded":
            return ("refund",)
        return ()

    def act(self, action: str, *, purchase_id: str, request_id: str, address: str) -> None:
        """Give the Stars of a purchase back."""
        if action != "refund":
            super().act(action, purchase_id=purchase_id, request_id=request_id, address=address)
        charges.refund_purchase(
            self._db, self.telegram, purchase_id=purchase_id, request_id=request_id
        )

    def _link(self, purchase: Purchase) -> str:
        purchase_id = purchase["purchase_id"]
        item = items.get(self._db, purchase["item_id"])
        try:
            link = self.telegram.create_invoice_link(
                item=item, purchase_id=purchase_id, price_stars=purchase["price_stars"]
            )
        except TelegramError as error:
            log.error(
                "telegram_unavailable", extra={"reason": str(error), "purchase_id": purchase_id}
            )
            raise TelegramUnavailable(retry_after=error.pause) from None
        return str(self._db.fetch_one(queries.store_pay_url, purchase_id=purchase_id, pay_url=link))

    def _admit_telegram(self, secret: str) -> None:
        """Let in whoever knows the secret that only Telegram was told.

        https://core.telegram.org/bots/api#setwebhook
        """
        expected = self._webhook_secret
        if not expected or not hmac.compare_digest(secret.encode(), expected.encode()):
            raise Unauthorized(
                "This is for Telegram, which knows the secret.", challenge="Telegram"
            )


def answer_inline(query: Any, decision: str) -> dict[str, Any]:
    """Return the call that answers a pre-checkout query, as the body of our answer to the update.

    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """
    query = query if isinstance(query, dict) else {}
    answer = {
        "method": "answerPreCheckoutQuery",
        "pre_checkout_query_id": query.get("id"),
        "ok": decision == "approved",
    }
    if decision == "approved":
        return answer
    sender = query.get("from")
    language = str(sender.get("language_code")) if isinstance(sender, dict) else ""
    reasons = DECLINED["ru" if language.startswith("ru") else "en"]
    return answer | {"error_message": reasons.get(decision, reasons["other"])}
