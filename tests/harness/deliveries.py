"""The log of deliveries, as the tests of notifications look at it."""

from collections.abc import Callable

from stars.domain.service import Service
from stars.notifications import deliveries
from stars.work.worker import Worker

Start = Callable[[], Worker]
DUE_NOW = "UPDATE deliveries SET due_at = clock_timestamp() WHERE delivered_at IS NULL"


def log(here: Service) -> list[deliveries.DeliveryShown]:
    """Return the deliveries, oldest first."""
    return deliveries.find(here.db, mode="mock")[::-1]


def states(here: Service) -> list[str]:
    """Return the states of all deliveries, oldest first."""
    return [delivery["state"] for delivery in log(here)]
