"""Gauges of what stops sales, as the last reconciliation has found it."""

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from stars.domain.payments import Payments
from stars.errors import Busy, DatabaseUnavailable


def gauges(payments: Payments) -> list[Metric]:
    """Return a gauge for each value that is known, and one that says which checks found something.

    Without the database there is none: what serves to observe must not fail (F6).
    """
    try:
        checks = payments.health()
    except (Busy, DatabaseUnavailable):
        return []
    if not checks:
        return []
    problems = GaugeMetricFamily(
        "stars_health_problem", "1 if a check found what stops sales, 0 if not.", labels=["check"]
    )
    found: list[Metric] = [problems]
    for check in checks:
        problems.add_metric([check.name], 1 if check.problem else 0)
        if check.value is not None:
            found.append(GaugeMetricFamily(check.metric, check.meaning, value=check.value))
    return found
