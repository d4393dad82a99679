"""What is counted, for Prometheus. Under gunicorn the numbers of all workers are added up.

Import this after PROMETHEUS_MULTIPROC_DIR is set (stars.serve does): prometheus_client looks once.
"""

import logging
import os
from collections.abc import Iterable
from functools import cache

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from stars.metric_files import FOLDER, MetricFiles

files = MetricFiles(os.environ.get(FOLDER))
if files.folder:
    # The library takes the process's id, under which it would never make a lost file anew.
    values.ValueClass = values.MultiProcessValue(files.identity)

requests = Histogram(
    "stars_request_seconds",
    "Time from the first handler to the answer.",
    ["route", "method", "status"],
    # Seconds; an answer takes 5 at most (G16).
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
outcomes = Counter(
    "stars_purchase_outcomes_total", "What happened to purchases, by the log line's name.", ["name"]
)

log = logging.getLogger(__name__)


@cache
def requests_like(route: str, method: str, status: int) -> Histogram:
    """The times of requests of a kind. There are not many kinds, and each look-up is dear."""
    return requests.labels(route, method, status)


@cache
def outcomes_named(name: str) -> Counter:
    """The count of one outcome."""
    return outcomes.labels(name)


def observe_request(route: str | None, method: str, status: int, seconds: float) -> None:
    """Count a request. Whatever goes wrong with that is no reason to fail one.

    `route` is None for an address that there is not. Methods are then made up by callers, without
    bound, and are counted together.
    """
    try:
        if files.are_ready():
            kind = (route, method) if route else ("none", "any")
            requests_like(*kind, status).observe(seconds)
    except Exception:
        log.warning("metrics_lost", exc_info=True)


class CountOutcomes(logging.Handler):
    """Counts every line the domain logs under its name: metrics and logs tell the same story."""

    def emit(self, record: logging.LogRecord) -> None:
        """Count one line, if that is possible."""
        try:
            if files.are_ready():
                outcomes_named(record.getMessage()).inc()
        except Exception:
            log.warning("metrics_lost", exc_info=True)


for domain in ("stars.domain", "stars.live"):
    logging.getLogger(domain).addHandler(CountOutcomes())


def exposition() -> bytes:
    """Everything counted so far, by every worker, in Prometheus' text format."""
    if files.folder is None:
        return generate_latest(REGISTRY)
    files.are_ready()
    registry = CollectorRegistry()
    with files.held_still() as folder:
        if folder:
            MultiProcessCollector(registry, str(folder))
        return generate_latest(registry)


class Snapshot(Collector):
    """Metrics that are known already, to be written down once."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._metrics


def exposition_of(metrics: Iterable[Metric]) -> bytes:
    """Return these metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(Snapshot(metrics))
    return generate_latest(registry)
