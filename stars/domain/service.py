"""What one running service consists of: its settings, its database, and its way to be paid."""

from dataclasses import dataclass

from stars.config import Settings
from stars.database.pool import Database
from stars.domain.payments import Payments


@dataclass(frozen=True)
class Service:
    """What the routes and the commands of one app work with."""

    settings: Settings
    db: Database
    payments: Payments
