"""The funnel counted by hand from the events, which the service's numbers have to equal."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import psycopg

from harness.histories import EVENT
from stars.database.pool import Database
from stars.domain import funnel
from stars.schemas.funnel import DIMENSIONS

FUNNEL = "/api/v1/analytics/funnel"
EVERY_EVENT = """
    SELECT purchase_id, event_type, payload, events.created_at, mode, source, channel
    FROM events JOIN purchases USING (purchase_id)
    ORDER BY purchase_id, events.version
"""


@dataclass(frozen=True)
class Invoice:
    """What the events tell of one purchase that began with an invoice."""

    created: datetime
    mode: str
    purchase_type: str
    source: str | None
    channel: str | None
    price_stars: int
    last_event: str
    took_ms: int | None
    fulfilled_ms: int | None

    def key(self, by: str | None, shift: timedelta) -> str | None:
        """The group it belongs to; its day is told `shift` later."""
        if by is None:
            return None
        if by == "day":
            return (self.created + shift).date().isoformat()
        key: str | None = getattr(self, by)
        return key


def read_invoices(sql: psycopg.Connection[Any]) -> list[Invoice]:
    """Every purchase that began with an invoice; of the row only what no event tells."""
    found = []
    events = sql.execute(EVERY_EVENT).fetchall()
    for _, group in groupby(events, key=itemgetter(0)):
        history = list(group)
        _, first_event, payload, created, mode, source, channel = history[0]
        steps = [event for event in history if event[1] in EVENT.values()]
        _, last_event, last_payload, *_ = steps[-1]
        handed_out = [event[2] for event in history if event[1] == "purchase_fulfilled"]
        if first_event != EVENT["I"]:
            continue
        invoice = Invoice(
            created=created.astimezone(UTC),
            mode=mode,
            purchase_type=payload["purchase_type"],
            source=source,
            channel=channel,
            price_stars=payload["price_stars"],
            last_event=last_event,
            took_ms=last_payload.get("invoice_to_purchase_ms"),
            fulfilled_ms=handed_out[0]["paid_to_fulfilled_ms"] if handed_out else None,
        )
        found.append(invoice)
    return found


def times_of(invoices: list[Invoice]) -> list[int]:
    """How long those took that succeeded, shortest first."""
    succeeded = [invoice for invoice in invoices if invoice.last_event == EVENT["S"]]
    return sorted(invoice.took_ms for invoice in succeeded if invoice.took_ms is not None)


def ended(invoices: list[Invoice], *letters: str) -> int:
    """How many have one of these events as their last."""
    last_events = {EVENT[letter] for letter in letters}
    return sum(invoice.last_event in last_events for invoice in invoices)


def stars_sold(invoices: list[Invoice]) -> int:
    """What those cost together that succeeded."""
    return sum(one.price_stars for one in invoices if one.last_event == EVENT["S"])


def fulfil_times_of(invoices: list[Invoice]) -> list[int]:
    """How long the handing out took of those that succeeded, shortest first."""
    succeeded = [invoice for invoice in invoices if invoice.last_event == EVENT["S"]]
    return sorted(one.fulfilled_ms for one in succeeded if one.fulfilled_ms is not None)


def percentile(times: list[int], percent: int) -> int | None:
    """The nearest-rank percentile of sorted times; None if there are none."""
    if not times:
        return None
    rank = math.ceil(len(times) * percent / 100)
    return times[rank - 1]


def figures(invoices: list[Invoice]) -> dict[str, Any]:
    """The figures of some invoices, as the service tells them."""
    times = times_of(invoices)
    fulfil_times = fulfil_times_of(invoices)
    completed = ended(invoices, "S")
    return {
        "created": len(invoices),
        "completed": completed,
        "failed": ended(invoices, "F"),
        "open": ended(invoices, "I", "R"),
        "fulfilled": len(fulfil_times),
        "stars_sold": stars_sold(invoices),
        "conversion": completed / len(invoices) if invoices else None,
        "p50_ms": percentile(times, 50),
        "p90_ms": percentile(times, 90),
        "p95_ms": percentile(times, 95),
        "fulfilled_p50_ms": percentile(fulfil_times, 50),
        "fulfilled_p90_ms": percentile(fulfil_times, 90),
    }


def days_of(since: datetime, until: datetime) -> set[str]:
    """Every day (UTC) that [since, until) touches."""
    found = set()
    day = since.date()
    last = (until - timedelta(microseconds=1)).date()
    while day <= last:
        found.add(day.isoformat())
        day += timedelta(days=1)
    return found


def by_hand(
    invoices: list[Invoice], since: datetime, until: datetime, by: str | None
) -> dict[str, Any]:
    """The funnel of these invoices, counted one by one in plain Python."""
    length = until - since
    now = [invoice for invoice in invoices if since <= invoice.created < until]
    before = [invoice for invoice in invoices if since - length <= invoice.created < since]

    def compared(key: str | None) -> dict[str, Any]:
        here = [invoice for invoice in now if invoice.key(by, timedelta(0)) == key]
        there = [invoice for invoice in before if invoice.key(by, length) == key]
        return {**figures(here), "before": figures(there)}

    keys: set[str | None] = set()
    if by is not None:
        keys |= {invoice.key(by, timedelta(0)) for invoice in now}
        keys |= {invoice.key(by, length) for invoice in before}
    if by == "day":
        keys |= days_of(since, until)
    return {
        "total": {**figures(now), "before": figures(before)},
        "groups": {key: compared(key) for key in keys},
        "histogram": histogram(now, before),
    }


def histogram(now: list[Invoice], before: list[Invoice]) -> list[dict[str, Any]]:
    """How many took how long, in the window and in the one before."""
    edges = [0, *funnel.BOUNDS, math.inf]
    return [
        {
            "from_ms": low,
            "to_ms": None if high == math.inf else high,
            "count": sum(low <= took < high for took in times_of(now)),
            "before": sum(low <= took < high for took in times_of(before)),
        }
        for low, high in pairwise(edges)
    ]


def compare_with_hand_count(
    db: Database, sql: psycopg.Connection[Any], since: datetime, until: datetime, mode: str = "mock"
) -> int:
    """Hold the funnel against the count by hand, for every dimension.

    Returns how many invoices there were in the window.
    """
    created = 0
    invoices = [invoice for invoice in read_invoices(sql) if invoice.mode == mode]
    for by in (None, *DIMENSIONS):
        found = funnel.measure(db, mode=mode, since=since, until=until, by=by)
        expected = by_hand(invoices, since, until, by)
        groups = {group["key"]: without_key(group) for group in found["groups"]}
        assert found["total"] == expected["total"], by
        assert groups == expected["groups"], by
        assert found["histogram"] == expected["histogram"], by
        assert list(groups) == in_order(groups, by)
        created = found["total"]["created"]
    return created


def without_key(group: Any) -> dict[str, Any]:
    """The figures of a group alone."""
    return {name: value for name, value in group.items() if name != "key"}


def in_order(groups: dict[Any, dict[str, Any]], by: str | None) -> list[Any]:
    """The keys as the service has to tell them: days in order, other groups largest first."""
    if by == "day":
        return sorted(groups)

    def largest_first(key: str | None) -> tuple[int, int, str]:
        group = groups[key]
        return -group["created"], -group["before"]["created"], key or ""

    return sorted(groups, key=largest_first)


def count_created(db: Database, since: datetime, until: datetime) -> tuple[int, int]:
    """How many invoices the service counts in the window, and in the one before."""
    found = funnel.measure(db, mode="mock", since=since, until=until)["total"]
    return found["created"], found["before"]["created"]
