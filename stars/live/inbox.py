"""The inbox: every update is kept as it came, and handled once.

An update that was kept and not handled, since something broke off, is handled by reconcile.
"""

import logging
from datetime import timedelta
from enum import StrEnum

from stars.database.pool import Database
from stars.database.queries import queries
from stars.live import charges, subscriptions
from stars.live.charges import ChargeVerdict, RefundVerdict
from stars.live.subscriptions import Hearing
from stars.live.updates import (
    MalformedUpdate,
    RefundedPayment,
    SubscriptionUpdate,
    SuccessfulPayment,
    Update,
    chat_of,
    parse_update,
)

PRUNED_AT_ONCE = 1000
"""Updates: deleted in some milliseconds, so that nobody waits for a lock of it."""

log = logging.getLogger(__name__)


class Reception(StrEnum):
    """What came of an update that tells of no charge."""

    IGNORED = "ignored"
    MALFORMED = "malformed"
    REPEATED = "repeated"
    """It was handled before."""


UpdateOutcome = ChargeVerdict | RefundVerdict | Hearing | Reception


NOT_OURS = (
    Reception.IGNORED,
    Reception.MALFORMED,
    ChargeVerdict.UNKNOWN_PURCHASE,
    RefundVerdict.UNKNOWN_PURCHASE,
    Hearing.UNKNOWN,
)
"""What may be for the shop's own bot."""


def take(
    db: Database, *, bot_id: int, update: Update, request_id: str, passes_on: bool = False
) -> UpdateOutcome:
    """Keep an update, handle it unless that was done before, and return what came of it.

    Args:
        db: where updates are.
        bot_id: the bot that is told.
        update: what it is told.
        request_id: for the events of what follows.
        passes_on: put what is not ours on its way to the shop's own bot.

    Raises:
        Busy, DatabaseUnavailable: it is not handled, or nobody can tell. Taking it again is safe.

    """
    is_due = db.fetch_one(
        queries.keep_update, bot_id=bot_id, update_id=update.update_id, body=update.body
    )
    if not is_due:
        return Reception.REPEATED
    outcome = _handle(db, bot_id, update, request_id)
    if outcome is Hearing.TOO_EARLY:
        # It stays to be handled, once the payment is known that it speaks of.
        return outcome
    is_for_the_bot = passes_on and outcome in NOT_OURS and update.update_id is not None
    db.fetch_one(
        queries.mark_handled,
        bot_id=bot_id,
        update_id=update.update_id,
        outcome=outcome.value,
        chat=chat_of(update.body) if is_for_the_bot else None,
    )
    return outcome


def unhandled(db: Database, *, bot_id: int) -> list[Update]:
    """Return the updates whose handling broke off or is still under way, oldest first.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    rows = db.fetch_all(queries.list_unhandled, bot_id=bot_id)
    return [parse_update(body) for (body,) in rows]


def prune(db: Database, *, bot_id: int, keep_for: timedelta) -> int:
    """Delete the updates that are older than `keep_for`, but for those not handled yet.

    Returns:
        How many were deleted.

    Raises:
        Busy, DatabaseUnavailable: what was deleted until then is.

    """
    total = 0
    pruned = PRUNED_AT_ONCE
    while pruned == PRUNED_AT_ONCE:
        pruned = db.fetch_one(
            queries.prune_updates, bot_id=bot_id, keep_for=keep_for, batch=PRUNED_AT_ONCE
        )
        total += pruned
    if total:
        log.info("telegram_updates_pruned", extra={"bot_id": bot_id, "updates": total})
    return total


def _handle(db: Database, bot_id: int, update: Update, request_id: str) -> UpdateOutcome:
    match update:
        case SuccessfulPayment():
            verdict = charges.settle(
                db,
                bot_id=bot_id,
                charge=update.charge,
                request_id=request_id,
                update_id=update.update_id,
            )
            if update.charge.recurrence and verdict is ChargeVerdict.SETTLED:
                _hear_what_came_early(db, bot_id, update.charge.invoice_payload, request_id)
            return verdict
        case SubscriptionUpdate():
            return subscriptions.hear(db, update=update, request_id=request_id)
        case RefundedPayment():
            return charges.take_back(db, bot_id=bot_id, charge=update.charge, request_id=request_id)
        case MalformedUpdate():
            log.error(
                "telegram_update_malformed",
                extra={
                    "bot_id": bot_id,
                    "update_id": update.update_id,
                    "problem": update.problem,
                },
            )
            return Reception.MALFORMED
    return Reception.IGNORED


def _hear_what_came_early(db: Database, bot_id: int, payload: str, request_id: str) -> None:
    """Handle what was told of a subscription before its first payment was."""
    for update in unhandled(db, bot_id=bot_id):
        if isinstance(update, SubscriptionUpdate) and update.invoice_payload == payload:
            take(db, bot_id=bot_id, update=update, request_id=request_id)
