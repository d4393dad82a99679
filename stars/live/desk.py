"""The desk: where pre-checkout queries come in, and what is ruled of each.

Our own rules come first, the shop's word second. Telegram waits ten seconds for the answer.
"""

import logging
from datetime import timedelta

from stars.config import Settings
from stars.database.pool import Database
from stars.domain import purchases
from stars.domain.payments import BotAnswer, UpdateAnswer
from stars.domain.types import ANYBODY, Json
from stars.errors import Busy, DatabaseUnavailable
from stars.live import checkouts, inbox
from stars.live.checkouts import CheckoutDecision, Ruling
from stars.live.consent import Consent
from stars.live.forwarding import ShopBot
from stars.live.updates import MalformedQuery, PreCheckoutQuery
from stars.outgoing import Caller

log = logging.getLogger(__name__)


class Desk:
    """Answers the queries of one bot."""

    def __init__(self, db: Database, *, bot_id: int, settings: Settings, caller: Caller) -> None:
        self._db = db
        self._bot_id = bot_id
        self._reserved_for = timedelta(seconds=settings.checkout_reserved_for)
        self._shop = Consent.from_settings(settings, caller)
        self._bot = ShopBot.from_settings(settings, caller)

    def answer(self, query: PreCheckoutQuery | MalformedQuery, request_id: str) -> UpdateAnswer:
        """Return what Telegram is answered: our ruling, or what the shop's own bot says."""
        ruling = self.rule(query, request_id)
        if ruling.decision is CheckoutDecision.UNKNOWN_PURCHASE and self._bot is not None:
            outcome = self._bot.ask(query.body)
            if outcome.is_success:
                theirs = BotAnswer(body=outcome.answer, content_type=outcome.content_type)
                return UpdateAnswer(status=200, theirs=theirs if theirs.body else None)
            log.warning("pre_checkout_not_forwarded", extra={"reason": outcome.error})
            ruling = Ruling(decision=CheckoutDecision.SHOP_SILENT)
        return UpdateAnswer(status=200, document=_answer(query, ruling))

    def answer_relayed(
        self, query: PreCheckoutQuery | MalformedQuery, request_id: str
    ) -> Json | None:
        """Return the call that answers a query, None if it is the bot's own to answer."""
        ruling = self.rule(query, request_id)
        if ruling.decision in (CheckoutDecision.UNKNOWN_PURCHASE, CheckoutDecision.MALFORMED):
            return None
        return _answer(query, ruling)

    def rule(self, query: PreCheckoutQuery | MalformedQuery, request_id: str) -> Ruling:
        """Return whether a buyer may pay now. An approval is committed."""
        try:
            if isinstance(query, PreCheckoutQuery):
                return self._judge(query)
            inbox.take(self._db, bot_id=self._bot_id, update=query, request_id=request_id)
        except (DatabaseUnavailable, Busy):
            # A no that the buyer can read. Waiting would cancel the sale without a word.
            return Ruling(decision=CheckoutDecision.UNAVAILABLE)
        return Ruling(decision=CheckoutDecision.MALFORMED)

    def _judge(self, query: PreCheckoutQuery) -> Ruling:
        decision = checkouts.decide(
            self._db, bot_id=self._bot_id, query=query, reserved_for=self._reserved_for
        )
        if decision is not CheckoutDecision.APPROVED or self._shop is None:
            return Ruling(decision=decision)
        purchase = purchases.get(self._db, purchase_id=query.invoice_payload, owner=ANYBODY)
        ruling = self._shop.ask(purchase, query)
        if ruling.decision is not CheckoutDecision.APPROVED:
            checkouts.release(self._db, bot_id=self._bot_id, query=query, decision=ruling.decision)
        return ruling


def _answer(query: PreCheckoutQuery | MalformedQuery, ruling: Ruling) -> Json:
    return checkouts.answer_inline(query_id=query.query_id, language=query.language, ruling=ruling)
