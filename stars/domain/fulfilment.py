"""Handing out: what was paid is handed out by the shop, which says so, or it is given back (N3)."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import cast

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import events, purchases
from stars.domain.health import HealthCheck, Problem
from stars.domain.types import Mode, Purchase, Transition
from stars.domain.wording import duration
from stars.errors import AlreadyFulfilled, NotPaid, PurchaseNotFound

MAX_REFUNDS = 100
"""Refunds that are queued at a time: a mistake of the shop's is noticed before all is gone."""

log = logging.getLogger(__name__)


class FulfilmentVerdict(StrEnum):
    """What the statement fulfil_purchase judged."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ALREADY_FULFILLED = "already_fulfilled"
    NOT_PAID = "not_paid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """Purchases that were paid and not handed out in time. `oldest` is the age of the first."""

    count: int
    oldest: timedelta


def fulfil(
    db: Database, *, purchase_id: str, mode: Mode, reference: str, request_id: str
) -> Transition:
    """Record that the shop has handed out a purchase. Said again with one reference, it is one.

    Args:
        db: where purchases are.
        purchase_id: which purchase, whoever owns it.
        mode: the mode in which it must have been made.
        reference: what the shop calls this handing out.
        request_id: for the event.

    Raises:
        PurchaseNotFound: there is no such purchase.
        AlreadyFulfilled: it was handed out under another reference.
        NotPaid: it is not paid, or its Stars are on their way back.
        Busy, DatabaseUnavailable: nobody can tell. Saying it again gives the one result.

    """
    verdict, document = db.fetch_one(
        queries.fulfil_purchase,
        purchase_id=purchase_id,
        mode=mode,
        reference=reference,
        request_id=request_id,
    )
    if verdict == FulfilmentVerdict.UNKNOWN:
        raise PurchaseNotFound(f"There is no purchase {purchase_id}.")
    if verdict == FulfilmentVerdict.ALREADY_FULFILLED:
        raise AlreadyFulfilled
    purchase = cast(Purchase, document)
    if verdict == FulfilmentVerdict.NOT_PAID:
        raise NotPaid(_why_not_paid(purchase))
    if verdict == FulfilmentVerdict.UNCHANGED:
        return Transition(purchase=purchase, is_replay=True)
    fields = purchases.log_fields(purchase) | {"reference": reference}
    log.info("purchase_fulfilled", extra=fields)
    return Transition(
        purchase=purchase, event_type="purchase_fulfilled", previous_status=purchase["status"]
    )


def await_within(db: Database, *, mode: Mode, within: timedelta) -> Overdue:
    """Wait for handing out from now on, if nobody did before; return what overdue() does.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    events.sequence(db)
    db.fetch_one(queries.await_fulfilment, mode=mode, purpose="alarm")
    return overdue(db, mode=mode, within=within)


def overdue(db: Database, *, mode: Mode, within: timedelta) -> Overdue:
    """Return what was paid longer ago than `within` and is not handed out. Changes nothing.

    What was paid before await_within was first called is not counted: nobody waited for it then.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    count, seconds = db.fetch_one(queries.measure_overdue, mode=mode, within=within)
    return Overdue(count=count, oldest=timedelta(seconds=float(seconds or 0)))


def look(db: Database, *, mode: Mode, within: timedelta) -> tuple[HealthCheck, HealthCheck]:
    """Return what is overdue as checks: how many, with the problem if there are any; and how old.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    late = overdue(db, mode=mode, within=within)
    age = late.oldest.total_seconds()
    problem = None
    if late.count:
        problem = Problem(
            problem=f"{late.count} paid and not handed out, the oldest for {duration(1000 * age)}",
            cure="see flask purchase list --unfulfilled, and the log of deliveries",
        )
    number = HealthCheck(
        name="fulfilment",
        metric="stars_unfulfilled_purchases",
        meaning="How many purchases were not handed out within FULFIL_WITHIN.",
        value=late.count,
        problem=problem,
    )
    oldest = HealthCheck(
        name="fulfilment_age",
        metric="stars_unfulfilled_oldest_seconds",
        meaning="How long ago the oldest of them was paid, 0 if there is none.",
        value=age,
        problem=None,
    )
    return number, oldest


def queue_refunds(db: Database, *, after: timedelta, request_id: str) -> int:
    """Queue the refunds of live purchases that were not handed out within `after` of being paid.

    What was paid before this was first asked, or before stop_refunding, is left alone.

    Returns:
        How many were queued, at most MAX_REFUNDS.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell. Asking again queues each once.

    """
    events.sequence(db)
    since = db.fetch_one(queries.await_fulfilment, mode="live", purpose="refund")
    rows = db.fetch_all(
        queries.list_overdue, mode="live", since=since, within=after, max_rows=MAX_REFUNDS
    )
    queued = 0
    for (purchase_id,) in rows:
        if db.fetch_one(
            queries.queue_unfulfilled_refund, purchase_id=purchase_id, request_id=request_id
        ):
            queued += 1
            log.warning("purchase_not_fulfilled", extra={"purchase_id": purchase_id})
    return queued


def stop_refunding(db: Database) -> None:
    """Forget since when handing out decides about refunds: queue_refunds then begins anew.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell. Asking again does no harm.

    """
    db.fetch_one(queries.await_no_fulfilment, mode="live", purpose="refund")


def _why_not_paid(purchase: Purchase) -> str:
    if purchase["status"] == "succeeded":
        return "Its Stars are on their way back: do not hand it out."
    return f"This purchase is {purchase['status']}: there is nothing to hand out."
