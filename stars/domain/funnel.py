"""The funnel: what became of the invoices of a window of time.

One statement serves everybody who asks: the API, the console and the command.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TypedDict

from stars.database.pool import Database
from stars.database.queries import queries
from stars.errors import InvalidQuery

DEFAULT_LENGTH = timedelta(days=7)  # of the window when none is asked for: a week has every weekday
LONGEST = timedelta(days=366)  # a year of any kind
# More groups than a person compares. Clients make up sources and channels, so there may be any
# number of them.
MOST_GROUPS = 500
# Where the steps of the histogram end, in milliseconds: what feels like at once, a moment, a
# hesitation, and coming back later.
BOUNDS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000]
EDGES = [*BOUNDS, 2**63 - 1]  # the last step ends where PostgreSQL's bigint does


class Figures(TypedDict):
    """What is told of a number of invoices. The times are those from the invoice to the purchase.

    `fulfilled` of the completed ones were handed out; the times of these are those from the payment
    to it. `conversion` and the times are None where there is nothing they could be of.
    """

    created: int
    completed: int
    failed: int
    open: int
    fulfilled: int
    stars_sold: int
    conversion: float | None
    p50_ms: int | None
    p90_ms: int | None
    p95_ms: int | None
    fulfilled_p50_ms: int | None
    fulfilled_p90_ms: int | None


class Compared(Figures):
    """The figures of the window, and those of the window before."""

    before: Figures


class Group(Compared):
    """The figures of the invoices that share `key`."""

    key: str | None


class Step(TypedDict):
    """How many purchases took at least `from_ms` and less than `to_ms`; None: any longer time."""

    from_ms: int
    to_ms: int | None
    count: int
    before: int


class Funnel(TypedDict):
    """The answer, with the fields of schemas.funnel.FunnelAnswer."""

    mode: str
    since: str
    until: str
    by: str | None
    total: Compared
    histogram: list[Step]
    groups: list[Group]
    groups_left_out: int


@dataclass(frozen=True)
class Row:
    """What measure_funnel counted of one thing, in the window or in the one before.

    `kind` is "total" or "group": of the invoices that share `key`, which is "" for none.
    `percentiles` are the 50th, 90th and 95th, in ms. `fulfil_percentiles` are the 50th and 90th of
    the times of handing out. `less_than` is how many purchases took less than each of EDGES; groups
    have none. All are None where there is nothing they could be of.
    """

    kind: str
    before: bool
    key: str
    created: int
    completed: int
    failed: int
    fulfilled: int
    stars_sold: int
    percentiles: list[int] | None
    fulfil_percentiles: list[int] | None
    less_than: list[int] | None


class Counted:
    """The rows of measure_funnel, found by what they tell of. What has no row is zero."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = {(row.kind, row.before, row.key): row for row in rows}

    def total(self) -> Compared:
        """Return the figures of all invoices."""
        return self._compared("total", "")

    def group(self, key: str) -> Group:
        """Return the figures of the invoices that share this key."""
        return Group(key=key or None, **self._compared("group", key))

    def group_keys(self) -> set[str]:
        """Return the keys of all groups."""
        return {row.key for row in self._rows.values() if row.kind == "group"}

    def steps(self) -> list[Step]:
        """Return the histogram of the times from the invoice to the purchase."""
        counts = self._step_counts(before=False)
        counts_before = self._step_counts(before=True)
        steps = []
        for (from_ms, to_ms), count, before in zip(
            pairwise([0, *BOUNDS, None]), counts, counts_before, strict=True
        ):
            steps.append(Step(from_ms=from_ms or 0, to_ms=to_ms, count=count, before=before))
        return steps

    def _step_counts(self, *, before: bool) -> list[int]:
        less_than = self._row("total", before, "").less_than or [0] * len(EDGES)
        return [more - less for less, more in pairwise([0, *less_than])]

    def _compared(self, kind: str, key: str) -> Compared:
        now = self._row(kind, False, key)
        before = self._row(kind, True, key)
        return Compared(**figures(now), before=figures(before))

    def _row(self, kind: str, before: bool, key: str) -> Row:
        nothing = Row(
            kind,
            before,
            key,
            created=0,
            completed=0,
            failed=0,
            fulfilled=0,
            stars_sold=0,
            percentiles=None,
            fulfil_percentiles=None,
            less_than=None,
        )
        return self._rows.get((kind, before, key), nothing)


def measure(
    db: Database,
    *,
    mode: str,
    since: datetime | None = None,
    until: datetime | None = None,
    by: str | None = None,
    unhurried: bool = False,
) -> Funnel:
    """Count the invoices created in [since, until), and where each has ended.

    The same is counted for the window before, which is as long and ends where this one begins.

    Args:
        db: where purchases are.
        mode: "mock" or "live".
        since, until: with a time zone; without them, the last seven days up to now.
        by: one of schemas.funnel.DIMENSIONS. The groups come largest first; days in order, also
            those without an invoice.
        unhurried: take as long as it needs; a request may not.

    Raises:
        InvalidQuery: the window is empty or too long.
        Busy: there is more in the two windows than can be counted in the time a request has.
        DatabaseUnavailable: nobody can tell.

    """
    since, until = window(since, until)
    with db.unhurried_transaction() if unhurried else db.transaction() as conn:
        queries.make_room(conn)
        rows = queries.measure_funnel(
            conn,
            first=since - (until - since),
            since=since,
            until=until,
            by=by,
            mode=mode,
            edges=EDGES,
        )
        counted = Counted(Row(*row) for row in rows)
    groups = groups_of(counted, by, since, until)
    return Funnel(
        mode=mode,
        since=since.isoformat(),
        until=until.isoformat(),
        by=by,
        total=counted.total(),
        histogram=counted.steps(),
        groups=groups[:MOST_GROUPS],
        groups_left_out=len(groups[MOST_GROUPS:]),
    )


def window(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """Return the window that is meant, in UTC. Raises InvalidQuery if it is empty or too long."""
    until = (until or datetime.now(UTC)).astimezone(UTC)
    since = (since or until - DEFAULT_LENGTH).astimezone(UTC)
    if since >= until:
        raise InvalidQuery(
            "The window ends before it begins.", errors={"since": ["Must lie before until."]}
        )
    if until - since > LONGEST:
        reason = f"Must lie at most {LONGEST.days} days before until."
        raise InvalidQuery("The window is too long.", errors={"since": [reason]})
    return since, until


def groups_of(counted: Counted, by: str | None, since: datetime, until: datetime) -> list[Group]:
    """Return all groups in the order in which they are told; none when nothing is told apart."""
    if by is None:
        return []
    if by == "day":
        return [counted.group(day) for day in days(since, until)]
    groups = [counted.group(key) for key in counted.group_keys()]
    return sorted(groups, key=largest_first)


def largest_first(group: Group) -> tuple[int, int, str]:
    """Return what to sort groups by. Groups as large as each other come by their keys."""
    return -group["created"], -group["before"]["created"], group["key"] or ""


def days(since: datetime, until: datetime) -> list[str]:
    """Return every day (UTC) that [since, until) touches, like 2026-01-31."""
    first = since.toordinal()
    last = (until - timedelta(microseconds=1)).toordinal()
    return [date.fromordinal(number).isoformat() for number in range(first, last + 1)]


def figures(row: Row) -> Figures:
    """Return what is told of this row."""
    p50_ms, p90_ms, p95_ms = row.percentiles or (None, None, None)
    fulfilled_p50_ms, fulfilled_p90_ms = row.fulfil_percentiles or (None, None)
    return Figures(
        created=row.created,
        completed=row.completed,
        failed=row.failed,
        open=row.created - row.completed - row.failed,
        fulfilled=row.fulfilled,
        stars_sold=row.stars_sold,
        conversion=row.completed / row.created if row.created else None,
        p50_ms=p50_ms,
        p90_ms=p90_ms,
        p95_ms=p95_ms,
        fulfilled_p50_ms=fulfilled_p50_ms,
        fulfilled_p90_ms=fulfilled_p90_ms,
    )
