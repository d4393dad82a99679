"""The funnel counted by hand from the events, which the service's numbers have to equal."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg

from harness.histories import EVENT, MS
from stars.database.pool import Database
from stars.domain import funnel
from stars.schemas.funnel import DIMENSIONS

FUNNEL = "/api/v1/analytics/funnel"


def by_hand(
    sql: psycopg.Connection[Any], since: datetime, until: datetime, by: str | None, mode: str
) -> dict[str, Any]:
    """The funnel counted from the events one by one, in plain Python; of the row only what no event tells."""
    rows = sql.execute(
        "SELECT purchase_id, event_type, payload, e.created_at, mode, source, channel FROM events AS e"
        " JOIN purchases USING (purchase_id) ORDER BY purchase_id, e.version"
    ).fetchall()
    histories: dict[str, list[Any]] = {}
    for row in rows:
        histories.setdefault(row[0], []).append(row)
    length = until - since
    told: dict[bool, list[tuple[str | None, str, int | None]]] = {False: [], True: []}
    for history in histories.values():
        _, first, payload, created, its_mode, source, channel = history[0]
        if (
            first != "purchase_invoice_created"
            or its_mode != mode
            or not since - length <= created < until
        ):
            continue
        before = created < since
        seen = created + length if before else created
        key = (
            {
                "purchase_type": payload["purchase_type"],
                "source": source,
                "channel": channel,
                "day": seen.astimezone(UTC).date().isoformat(),
            }[by]
            if by
            else None
        )
        told[before].append((key, history[-1][1], history[-1][2].get("invoice_to_purchase_ms")))

    def figures(ends: list[tuple[str | None, str, int | None]]) -> dict[str, Any]:
        times = sorted(
            ms
            for _, event_type, ms in ends
            if event_type == "purchase_succeeded" and ms is not None
        )
        count = {
            letter: sum(event_type == EVENT[letter] for _, event_type, _ in ends)
            for letter in "IRSF"
        }
        return {
            "created": len(ends),
            "completed": count["S"],
            "failed": count["F"],
            "open": count["I"] + count["R"],
            "conversion": count["S"] / len(ends) if ends else None,
            **{
                f"p{p}_ms": times[math.ceil(len(times) * p / 100) - 1] if times else None
                for p in (50, 90, 95)
            },
        }

    def compared(key: str | None = None, total: bool = False) -> dict[str, Any]:
        now, before = (
            [one for one in told[when] if total or one[0] == key] for when in (False, True)
        )
        return figures(now) | {"before": figures(before)}

    def within(low: int, high: float, before: bool) -> int:
        return sum(
            event_type == EVENT["S"] and low <= ms < high for _, event_type, ms in told[before]
        )

    keys = {key for ends in told.values() for key, _, _ in ends} if by else set()
    if by == "day":
        keys |= {(since + timedelta(days=n)).date().isoformat() for n in range(length.days + 1)} | {
            (until - timedelta(microseconds=1)).date().isoformat()
        }
        keys -= {
            key
            for key in keys
            if not since.date().isoformat() <= key <= (until - MS / 1000).date().isoformat()
        }
    return {
        "total": compared(total=True),
        "groups": {key: compared(key) for key in keys},
        "histogram": [
            {
                "from_ms": low,
                "to_ms": high,
                "count": within(low, high or math.inf, False),
                "before": within(low, high or math.inf, True),
            }
            for low, high in pairwise([0, *funnel.BOUNDS, None])
        ],
    }


def agrees(
    db: Database, sql: psycopg.Connection[Any], since: datetime, until: datetime, mode: str = "mock"
) -> int:
    """Hold the funnel against the count by hand, for every dimension; how many invoices there were."""
    created = 0
    for by in (None, *DIMENSIONS):
        found = funnel.measure(db, mode=mode, since=since, until=until, by=by)
        expected = by_hand(sql, since, until, by, mode)
        groups = {group.pop("key"): group for group in found["groups"]}
        assert (found["total"], groups, found["histogram"]) == tuple(expected.values()), by
        assert list(groups) == (
            sorted(groups)
            if by == "day"
            else sorted(
                groups,
                key=lambda key: (
                    -groups[key]["created"],
                    -groups[key]["before"]["created"],
                    key or "",
                ),
            )
        )
        created = found["total"]["created"]
    return created


def total(db: Database, since: datetime, until: datetime) -> tuple[int, int]:
    """How many invoices were created in the window, and in the one before."""
    found = funnel.measure(db, mode="mock", since=since, until=until)["total"]
    return found["created"], found["before"]["created"]
