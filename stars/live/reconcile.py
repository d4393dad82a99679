"""Reconciliation: compares what the service knows with Telegram's list, and ends what broke off.

Safe at any time, and twice at once: every step is one that may be repeated, and a refund is
claimed before it is sent.
"""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from stars.config import Settings
from stars.database.pool import Database
from stars.domain.health import HealthCheck
from stars.domain.types import Json
from stars.live import balance, cancellations, charges, health, inbox, refunds, transactions
from stars.live import webhook as webhooks
from stars.live.charges import ChargeVerdict, RefundVerdict
from stars.live.subscriptions import Hearing
from stars.live.telegram import PAGE, Telegram, TelegramError
from stars.live.transactions import IncomingPayment, OutgoingPayment, Unexplained
from stars.live.webhook import Webhook

log = logging.getLogger(__name__)

Tally = Counter[
    Literal[
        "settled",
        "renewed",
        "refused",
        "refunded_elsewhere",
        "refunds_sent",
        "updates_handled",
    ]
]
"""What a run has done so far. It counts also if the run is broken off."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a run goes by.

    `keep_updates`: how long an update is kept. `silence_after`: how long Telegram may say nothing
    while purchases are started. `passes_on`: what is not ours goes to the shop's own bot.
    """

    webhook: Webhook
    keep_updates: timedelta
    silence_after: timedelta
    passes_on: bool

    @classmethod
    def from_settings(cls, settings: Settings) -> "Rules":
        """Return the rules that these settings ask for."""
        return cls(
            webhook=Webhook.from_settings(settings),
            keep_updates=timedelta(days=settings.keep_updates),
            silence_after=timedelta(hours=settings.silence_after),
            passes_on=settings.forward_updates_url is not None,
        )


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How often a run did what there was to do, and how many refunds wait after it."""

    settled: int
    renewed: int
    refused: int
    refunded_elsewhere: int
    refunds_sent: int
    refunds_waiting: int
    updates_handled: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one run did, and what is left for a person to look at.

    `health` has what was looked at, `is_repaired` is true if the webhook was set again, and
    `trouble` says why Telegram did not do all it was asked for, None if it did.
    """

    counts: Counts
    unexplained: tuple[Unexplained, ...]
    health: tuple[HealthCheck, ...]
    is_repaired: bool
    trouble: str | None

    @property
    def is_clean(self) -> bool:
        """True if nothing is left for a person to look at."""
        if self.unexplained or self.trouble is not None:
            return False
        return not any(check.problem for check in self.health)


def reconcile(
    db: Database, telegram: Telegram, *, rules: Rules, request_id: str, repair: bool = False
) -> Report:
    """Do all that is left to do, and look for what stops sales.

    Args:
        db: where all of it is.
        telegram: the bot that sells.
        rules: what the run goes by.
        request_id: for the events that this writes.
        repair: set the webhook again if it is not where it should be.

    Raises:
        Busy, DatabaseUnavailable: what was done until then is done.

    """
    tally: Tally = Counter()
    troubles = []
    is_repaired = False
    try:
        is_repaired = repair and _repair_webhook(telegram, rules.webhook)
    except TelegramError as error:
        troubles.append(str(error))
    try:
        read_transactions(db, telegram, request_id=request_id, tally=tally)
        follow_withdrawals(db, telegram)
        balance.ask(db, telegram)
    except TelegramError as error:
        troubles.append(str(error))
    try:
        send_refunds(db, telegram, tally=tally)
    except TelegramError as error:
        troubles.append(str(error))
    try:
        cancellations.send_due(db, telegram)
    except TelegramError as error:
        troubles.append(str(error))
    for update in inbox.unhandled(db, bot_id=telegram.bot_id):
        outcome = inbox.take(
            db,
            bot_id=telegram.bot_id,
            update=update,
            request_id=request_id,
            passes_on=rules.passes_on,
        )
        if outcome is not Hearing.TOO_EARLY:
            tally["updates_handled"] += 1
    transactions.measure_earlier(db)
    inbox.prune(db, bot_id=telegram.bot_id, keep_for=rules.keep_updates)
    counts = Counts(
        settled=tally["settled"],
        renewed=tally["renewed"],
        refused=tally["refused"],
        refunded_elsewhere=tally["refunded_elsewhere"],
        refunds_sent=tally["refunds_sent"],
        refunds_waiting=refunds.count_waiting(db, bot_id=telegram.bot_id),
        updates_handled=tally["updates_handled"],
    )
    return Report(
        counts=counts,
        unexplained=transactions.unexplained(db, bot_id=telegram.bot_id),
        health=health.look(db, telegram, webhook=rules.webhook, silence_after=rules.silence_after),
        is_repaired=is_repaired,
        trouble=" ".join(troubles) or None,
    )


def read_transactions(db: Database, telegram: Telegram, *, request_id: str, tally: Tally) -> None:
    """Read Telegram's list from where it was left to its end, and do what it tells.

    Raises:
        TelegramError: the rest of the list is read by the next run.
        Busy, DatabaseUnavailable: as TelegramError.

    """
    is_more = True
    while is_more:
        first = transactions.next_position(db, bot_id=telegram.bot_id)
        page = telegram.star_transactions(first)
        _take_page(db, telegram.bot_id, page, request_id, tally)
        # A page is kept once all of it is done. If another run was faster, it reads on, not we.
        is_new = transactions.keep(db, bot_id=telegram.bot_id, first=first, page=page)
        is_more = is_new and len(page) == PAGE


def follow_withdrawals(db: Database, telegram: Telegram) -> None:
    """Read again the page with the oldest withdrawal that was pending: it may have ended.

    Raises:
        TelegramError: the next run asks again.
        Busy, DatabaseUnavailable: as TelegramError.

    """
    first = transactions.first_pending_withdrawal(db, bot_id=telegram.bot_id)
    if first is not None:
        page = telegram.star_transactions(first)
        transactions.keep_ends_of_withdrawals(db, bot_id=telegram.bot_id, first=first, page=page)


def send_refunds(db: Database, telegram: Telegram, *, tally: Tally) -> None:
    """Make the refunds that are due.

    Raises:
        TelegramError: what failed would fail the others, too. A refusal is of one refund alone.
        Busy, DatabaseUnavailable: the rest is due in the next run.

    """
    while True:
        try:
            if not refunds.send(db, telegram):
                return
            tally["refunds_sent"] += 1
        except TelegramError as error:
            if not error.refused or error.pause:
                raise


def _repair_webhook(telegram: Telegram, webhook: Webhook) -> bool:
    is_repaired = webhooks.repair(telegram, webhook)
    if is_repaired:
        # Each is counted, so it is seen if somebody else takes the webhook away again and again.
        log.warning("webhook_repaired", extra={"url": webhook.url})
    return is_repaired


def _take_page(db: Database, bot_id: int, page: list[Json], request_id: str, tally: Tally) -> None:
    found = [transactions.parse_transaction(document) for document in page]
    gone = {one.transaction_id for one in found if isinstance(one, OutgoingPayment)}
    for transaction in found:
        match transaction:
            case IncomingPayment():
                charge = transactions.charge_of(db, transaction)
                verdict = charges.settle(
                    db,
                    bot_id=bot_id,
                    charge=charge,
                    request_id=request_id,
                    # What went back in the meantime must not be handed out first.
                    already_refunded=charge.charge_id in gone,
                )
                _count_settlement(verdict, tally)
            case OutgoingPayment(transaction_id=charge_id):
                recorded = charges.record_refund(db, charge_id=charge_id, request_id=request_id)
                if recorded is RefundVerdict.REFUNDED:
                    tally["refunded_elsewhere"] += 1


def _count_settlement(verdict: ChargeVerdict, tally: Tally) -> None:
    if verdict is ChargeVerdict.SETTLED:
        tally["settled"] += 1
    elif verdict is ChargeVerdict.RENEWED:
        tally["renewed"] += 1
    elif verdict not in (ChargeVerdict.REPEATED, ChargeVerdict.UNKNOWN_PURCHASE):
        tally["refused"] += 1
