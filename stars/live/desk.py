"""The desk: where pre-checkout queries come in, and what is ruled of each.

Our own rules come first, the shop's word second. Telegram waits ten seconds for the answer.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from stars.config import Settings
from stars.database.pool import Database
from stars.domain import purchases
from stars.domain.types import ANYBODY
from stars.errors import Busy, DatabaseUnavailable
from stars.live import checkouts, inbox
from stars.live.checkouts import CheckoutDecision, Ruling
from stars.live.consent import AT_ONCE, Consent
from stars.live.updates import MalformedQuery, PreCheckoutQuery
from stars.outgoing import Caller


class Desk:
    """Rules of the queries of one bot."""

    def __init__(self, db: Database, *, bot_id: int, settings: Settings, caller: Caller) -> None:
        self._db = db
        self._bot_id = bot_id
        self._reserved_for = timedelta(seconds=settings.checkout_reserved_for)
        self._shop = consent_from(settings, caller)

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


def consent_from(settings: Settings, caller: Caller) -> Consent | None:
    """Return the way to the shop's word, None if it wants to say none."""
    if settings.pre_checkout_url is None or settings.pre_checkout_secret is None:
        return None
    return Consent(
        url=settings.pre_checkout_url,
        secret=settings.pre_checkout_secret,
        caller=caller,
        threads=ThreadPoolExecutor(AT_ONCE, thread_name_prefix="consent"),
    )
