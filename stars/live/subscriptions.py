"""Subscriptions in Telegram: what it tells of their state, without a date and without a charge."""

import logging
from enum import StrEnum

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import subscriptions
from stars.live.updates import SubscriptionUpdate

log = logging.getLogger(__name__)


class Hearing(StrEnum):
    """What came of an update that tells of a subscription."""

    HEARD = "heard"
    UNCHANGED = "unchanged"
    """It was so already."""
    OVERTAKEN = "overtaken"
    """A later update came first."""
    TOO_EARLY = "too_early"
    """The payment that began the subscription is not known yet."""
    UNKNOWN = "unknown"
    """This user has no such subscription here."""


def hear(db: Database, *, update: SubscriptionUpdate, request_id: str) -> Hearing:
    """Take what Telegram tells of a subscription, and return what came of it.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell. Taking it again is safe.

    """
    verdict, event_type, purchase = db.fetch_one(
        queries.hear_of_subscription,
        invoice_payload=update.invoice_payload,
        user_id=update.user_id,
        state=update.word,
        update_id=update.update_id,
        request_id=request_id,
    )
    if event_type is not None:
        subscriptions.log_change(event_type, purchase)
    return Hearing(verdict)
