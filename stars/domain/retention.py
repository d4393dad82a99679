"""Retention: how subscriptions come and go, and how long those stay who begin."""

from typing import TypedDict

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.types import Mode

PERIODS = 12
"""Periods for which a cohort is followed: a year of months."""


class Period(TypedDict):
    """One period of a cohort: how many can be in it by now, and how many are or were."""

    number: int
    possible: int
    there: int


class Cohort(TypedDict):
    """Those who began in one `month` (UTC), like 2026-01."""

    month: str
    periods: list[Period]


class Retention(TypedDict):
    """The subscriptions of a window. `active` is at its end, `lost` those that ended in it."""

    active: int
    begun: int
    renewed: int
    canceled: int
    lost: int
    cohorts: list[Cohort]


def measure(db: Database, *, mode: Mode, since: str, until: str) -> Retention:
    """Count the subscriptions of the window `[since, until)`, and follow those of the last year.

    Args:
        db: where subscriptions are.
        mode: in which mode they were made.
        since, until: the window, RFC 3339.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    with db.unhurried_transaction() as conn:  # it looks at every subscription
        row = queries.count_subscriptions(conn, mode=mode, since=since, until=until)
        rows = list(queries.list_cohorts(conn, mode=mode, periods=PERIODS))
    active, begun, renewed, canceled, lost = row
    cohorts: dict[str, Cohort] = {}
    for month, number, possible, there in rows:
        cohort = cohorts.setdefault(month, Cohort(month=month, periods=[]))
        cohort["periods"].append(Period(number=number, possible=possible, there=there))
    return Retention(
        active=active,
        begun=begun,
        renewed=renewed,
        canceled=canceled,
        lost=lost,
        cohorts=list(cohorts.values()),
    )
