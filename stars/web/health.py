"""What was found that stops sales or the handing out: checks, and gauges of them."""

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from stars.domain import fulfilment
from stars.domain.health import HealthCheck
from stars.domain.service import Service
from stars.errors import Busy, DatabaseUnavailable


def checks(here: Service) -> list[HealthCheck]:
    """Return what the last reconciliation has found, and what is not handed out in time.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    found = list(here.payments.health())
    within = here.settings.fulfil_within
    if within is not None:
        found += fulfilment.look(here.db, mode=here.payments.mode, within=within)
    return found


def gauges(here: Service) -> list[Metric]:
    """Return a gauge for each value that is known, and one that says which checks found something.

    Without the database there is none: what serves to observe must not fail (F6).
    """
    try:
        known = checks(here)
    except (Busy, DatabaseUnavailable):
        return []
    if not known:
        return []
    problems = GaugeMetricFamily(
        "stars_health_problem", "1 if a check found a problem, 0 if not.", labels=["check"]
    )
    found: list[Metric] = [problems]
    for check in known:
        problems.add_metric([check.name], 1 if check.problem else 0)
        if check.value is not None:
            found.append(GaugeMetricFamily(check.metric, check.meaning, value=check.value))
    return found
