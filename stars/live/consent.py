"""The shop's own word at a checkout: it may decline what we would approve, for stock or a ban.

Nothing is locked and no transaction is open while it is asked.
"""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from stars.config import Settings
from stars.domain.types import Json, Purchase
from stars.live.checkouts import CheckoutDecision, Ruling
from stars.live.documents import storable
from stars.live.updates import PreCheckoutQuery
from stars.outgoing import Caller, Outcome, sign

SECONDS = 3.0
"""For all of it: Telegram waits ten for our answer, and other things take time as well."""

MAX_BYTES = 4096
"""Of an answer: far more than a yes or the words of a no."""

MAX_WORDS = 200
"""Characters. Telegram shows them to the buyer in a small window, and names no limit."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Asks the shop at `url`, with a signature made with `secret`."""

    url: str
    secret: str
    caller: Caller

    @classmethod
    def from_settings(cls, settings: Settings, caller: Caller) -> "Consent | None":
        """Return the way to the shop's word, None if it wants to say none."""
        if settings.pre_checkout_url is None or settings.pre_checkout_secret is None:
            return None
        return cls(
            url=settings.pre_checkout_url, secret=settings.pre_checkout_secret, caller=caller
        )

    def ask(self, purchase: Purchase, query: PreCheckoutQuery) -> Ruling:
        """Ask whether this buyer may pay this purchase now. Only a clear yes approves it."""
        outcome = self._post(query, question(purchase, query))
        ruling = rule(outcome)
        if ruling.decision is not CheckoutDecision.APPROVED:
            log.warning(
                "pre_checkout_declined_by_shop",
                extra={
                    "decision": ruling.decision.value,
                    "purchase_id": purchase["purchase_id"],
                    "reason": outcome.error,
                },
            )
        return ruling

    def _post(self, query: PreCheckoutQuery, document: Json) -> Outcome:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return self.caller.ask(
            url=self.url,
            headers=sign(f"checkout_{query.query_id}", body, [self.secret]),
            body=body.encode(),
            seconds=SECONDS,
            max_bytes=MAX_BYTES,
        )


def question(purchase: Purchase, query: PreCheckoutQuery) -> Json:
    """Return what the shop is asked: the purchase, and the language of its buyer."""
    return {
        "type": "purchase.pre_checkout",
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {**purchase, "language_code": query.language},
    }


def rule(outcome: Outcome) -> Ruling:
    """Return what an answer of the shop's means."""
    silent = Ruling(decision=CheckoutDecision.SHOP_SILENT)
    if not outcome.is_success:
        return silent
    try:
        answer = json.loads(outcome.answer)
    except (ValueError, RecursionError):
        return silent
    if not isinstance(answer, dict):
        return silent
    if answer.get("ok") is True:
        return Ruling(decision=CheckoutDecision.APPROVED)
    if answer.get("ok") is not False:
        return silent
    words = answer.get("message")
    return Ruling(
        decision=CheckoutDecision.DECLINED_BY_SHOP,
        words=storable(words)[:MAX_WORDS] if isinstance(words, str) else "",
    )
