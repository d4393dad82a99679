"""What is counted, for Prometheus. Under gunicorn the numbers of all workers are added up, through shared files.

Import this after PROMETHEUS_MULTIPROC_DIR is set (stars.serve does): prometheus_client looks once, at its import.
"""

import logging
import os
from collections.abc import Iterable

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

requests = Histogram(
    "stars_request_seconds",
    "Time from the first handler to the answer.",
    ["route", "method", "status"],
    buckets=(
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        5,
    ),  # an answer takes 5 s at most (G16)
)
outcomes = Counter(
    "stars_purchase_outcomes_total", "What happened to purchases, by the log line's name.", ["name"]
)


class CountOutcomes(logging.Handler):
    """Counts every line the domain logs under its name, so that metrics and logs cannot tell different stories."""

    def emit(self, record: logging.LogRecord) -> None:
        """Count one line."""
        outcomes.labels(record.getMessage()).inc()


for domain in ("stars.domain", "stars.live"):
    logging.getLogger(domain).addHandler(CountOutcomes())


def exposition() -> bytes:
    """Everything counted so far, by every worker, in Prometheus' text format."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
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
