"""The funnel: what became of the invoices of a window of time. One statement behind every face; no Flask, no HTTP."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from stars.database.pool import Database
from stars.database.queries import queries
from stars.errors import InvalidQuery

Funnel = dict[str, Any]  # the fields of schemas.FunnelAnswer

LAST = timedelta(days=7)  # the window when none is asked for
LONGEST = timedelta(days=366)  # a year of any kind
MOST_GROUPS = 500  # more than a person compares; clients make up sources and channels, and nobody bounds how many
# The steps of the histogram: what feels like at once, a moment, a hesitation, and coming back later. Milliseconds.
BOUNDS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000]


def measure(
    db: Database,
    *,
    mode: str,
    since: datetime | None = None,
    until: datetime | None = None,
    by: str | None = None,
    unhurried: bool = False,
) -> Funnel:
    """Count the invoices created in [since, until), where each has ended, and the same for the window before.

    Args:
        db: where purchases are.
        mode: "mock" or "live".
        since, until: with a time zone; without them, the last seven days up to now.
        by: one of schemas.DIMENSIONS. The groups come largest first; days in order, those without an invoice too.
        unhurried: take as long as it needs; a request may not.

    Raises:
        InvalidQuery: the window is empty or too long.
        Busy: there is more in the two windows than can be counted in the time a request has.
        DatabaseUnavailable: nobody can tell.

    """
    until = (until or datetime.now(UTC)).astimezone(UTC)
    since = (since or until - LAST).astimezone(UTC)
    if since >= until:
        raise InvalidQuery(
            "The window ends before it begins.", errors={"since": ["Must lie before until."]}
        )
    if until - since > LONGEST:
        longest = f"Must lie at most {LONGEST.days} days before until."
        raise InvalidQuery("The window is too long.", errors={"since": [longest]})
    with db.unhurried_transaction() if unhurried else db.connection() as conn:
        rows = [
            row
            for (row,) in queries.measure_funnel(
                conn, since=since, until=until, by=by, mode=mode, bounds=BOUNDS
            )
        ]
    found = {(row["kind"], row["before"], row["key"]): row for row in rows}

    def compared(kind: str, key: Any = None) -> dict[str, Any]:
        return figures(found.get((kind, False, key))) | {
            "before": figures(found.get((kind, True, key)))
        }

    def stepped(step: int, before: bool) -> int:
        return int(found.get(("step", before, step), {"completed": 0})["completed"])

    keys = (
        days(since, until)
        if by == "day"
        else {key for kind, _, key in found if kind == "group" and by}
    )
    groups: list[dict[str, Any]] = [{"key": key} | compared("group", key) for key in keys]
    if by != "day":
        groups.sort(
            key=lambda group: (-group["created"], -group["before"]["created"], group["key"] or "")
        )
    return {
        "mode": mode,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "by": by,
        "total": compared("total"),
        "histogram": [
            {
                "from_ms": low,
                "to_ms": high,
                "count": stepped(step, False),
                "before": stepped(step, True),
            }
            for step, (low, high) in enumerate(zip([0, *BOUNDS], [*BOUNDS, None], strict=True))
        ],
        "groups": groups[:MOST_GROUPS],
        "groups_left_out": len(groups[MOST_GROUPS:]),
    }


def figures(row: dict[str, Any] | None) -> dict[str, Any]:
    """What is told of a number of invoices; of none, when there is no row of them."""
    row = row or {"created": 0, "completed": 0, "failed": 0, "percentiles": None}
    created, completed, failed = row["created"], row["completed"], row["failed"]
    return {
        "created": created,
        "completed": completed,
        "failed": failed,
        "open": created - completed - failed,
        "conversion": completed / created if created else None,
        **dict(zip(("p50_ms", "p90_ms", "p95_ms"), row["percentiles"] or [None] * 3, strict=True)),
    }


def days(since: datetime, until: datetime) -> list[str]:
    """Every day (UTC) that [since, until) touches."""
    last = (until - timedelta(microseconds=1)).toordinal()
    return [date.fromordinal(number).isoformat() for number in range(since.toordinal(), last + 1)]


def duration(ms: float | None) -> str:
    """A time as a person says it."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if ms is not None and ms >= size:
            return f"{ms / size:.1f}".removesuffix(".0") + f" {unit}"
    return "-" if ms is None else f"{ms:.0f} ms"


def step_label(step: dict[str, Any]) -> str:
    """Between which times a step of the histogram lies."""
    low, high = duration(step["from_ms"]), duration(step["to_ms"])
    return (
        f"under {high}"
        if not step["from_ms"]
        else f"{low} to {high}"
        if step["to_ms"]
        else f"{low} and more"
    )


def change(now: int, before: int) -> str:
    """How a count compares with the one before."""
    return f"{round(100 * (now - before) / before):+d} %" if before else "new" if now else ""


def share(now: float | None, before: float | None) -> tuple[str, str]:
    """A conversion, and how it compares with the one before, in percentage points."""
    moved = "" if now is None or before is None else f"{100 * (now - before):+.1f}"
    return "-" if now is None else f"{100 * now:.1f} %", moved
