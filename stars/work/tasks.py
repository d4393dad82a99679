"""The periodic tasks of the worker: what a scheduler would have to run."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import fulfilment, funnel_hours, subscriptions
from stars.domain.funnel_hours import HOURS_AT_ONCE
from stars.domain.service import Service
from stars.live import cancellations, reconcile
from stars.live.payments import LivePayments
from stars.live.reconcile import Tally
from stars.live.telegram import TelegramError
from stars.notifications import deliveries

KEEP_DELIVERIES = timedelta(days=30)
PRUNED_AT_ONCE = 1000
"""Rows, in one statement: a few milliseconds under lock."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Task:
    """What runs every `pause`, by one worker at a time."""

    name: str
    pause: timedelta
    run: Callable[[Service], None]


def claim(db: Database, task: Task) -> bool:
    """Tell whether a task is due. If so, its caller runs it, and nobody else does until it is due.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    return bool(db.fetch_one(queries.claim_task, name=task.name, pause=task.pause))


def reconcile_with_telegram(service: Service) -> None:
    """Compare everything with Telegram's list, and say what nobody can explain. Live mode alone."""
    if not isinstance(service.payments, LivePayments):
        return
    report = service.payments.reconcile(request_id="worker")
    level = logging.INFO if report.is_clean else logging.ERROR
    problems = [check.problem for check in report.health if check.problem]
    fields = {
        "unexplained": len(report.unexplained),
        "trouble": report.trouble,
        "problems": problems,
    }
    log.log(level, "reconciled", extra=asdict(report.counts) | fields)


def send_due_refunds(service: Service) -> None:
    """Ask Telegram for the refunds that are due. Live mode alone."""
    if not isinstance(service.payments, LivePayments):
        return
    tally: Tally = Counter()
    try:
        reconcile.send_refunds(service.db, service.payments.telegram, tally=tally)
    except TelegramError as error:
        log.warning("refunds_postponed", extra={"reason": str(error)})


def tend_subscriptions(service: Service) -> None:
    """Write down which subscriptions are over; ask Telegram for the cancellations that are due."""
    subscriptions.expire(service.db, mode=service.payments.mode, request_id="worker")
    if not isinstance(service.payments, LivePayments):
        return
    try:
        cancellations.send_due(service.db, service.payments.telegram)
    except TelegramError as error:
        log.warning("cancellations_postponed", extra={"reason": str(error)})


def await_fulfilment(service: Service) -> None:
    """Say what was paid and not handed out in time, and give it back where that is wanted."""
    settings, mode = service.settings, service.payments.mode
    if settings.fulfil_within is not None:
        late = fulfilment.await_within(service.db, mode=mode, within=settings.fulfil_within)
        if late.count:
            fields = {"count": late.count, "oldest_seconds": round(late.oldest.total_seconds())}
            log.error("purchases_not_fulfilled", extra=fields)
    if mode != "live":
        return
    if settings.refund_unfulfilled_after is None:
        fulfilment.stop_refunding(service.db)
    else:
        fulfilment.queue_refunds(
            service.db, after=settings.refund_unfulfilled_after, request_id="worker"
        )


def count_funnel(service: Service) -> None:
    """Count past hours of the funnel ahead: a few, since other tasks wait meanwhile."""
    funnel_hours.aggregate(service.db, max_hours=HOURS_AT_ONCE)


def prune(service: Service) -> None:
    """Forget deliveries that ended long ago."""
    while deliveries.prune(service.db, older_than=KEEP_DELIVERIES, limit=PRUNED_AT_ONCE):
        pass


TASKS = (
    Task(name="reconcile", pause=timedelta(minutes=5), run=reconcile_with_telegram),
    Task(name="refunds", pause=timedelta(seconds=30), run=send_due_refunds),
    Task(name="subscriptions", pause=timedelta(seconds=30), run=tend_subscriptions),
    Task(name="fulfilment", pause=timedelta(minutes=1), run=await_fulfilment),
    Task(name="funnel", pause=timedelta(minutes=1), run=count_funnel),
    Task(name="prune", pause=timedelta(hours=1), run=prune),
)
