"""The state of the service: what /readyz asks, and what the console has in its head."""

from dataclasses import dataclass

from stars.config import Settings
from stars.database import migrate
from stars.database.migrate import SchemaFile
from stars.database.pool import Database
from stars.domain.health import HealthCheck
from stars.domain.service import Service
from stars.web.health import checks

WORDS = {
    "mock": "mock: no Star is spent",
    "live": "live: real Stars",
    "simulated": "live, simulated Telegram",
    "off": "switched off",
}
"""What the head of the console says of each kind of money."""


@dataclass(frozen=True, kw_only=True)
class State:
    """Which money it deals in, and on what database.

    `money` is the mode, or `simulated` for live mode with another Telegram than the real one.
    `schema` is the number of the newest migration that the database has; `missing` are the names
    of those of this release that it lacks, and of the functions. `health` are the checks that
    found something. `awaited`: handing out is waited for (FULFIL_WITHIN).
    """

    money: str
    schema: int
    missing: list[str]
    database: str
    health: list[HealthCheck]
    awaited: bool

    @property
    def words(self) -> str:
        """What is said of the money."""
        return WORDS[self.money]


def read_state(here: Service) -> State:
    """Ask the database. Raises Busy, DatabaseUnavailable."""
    needed = migrate.status(here.db)
    applied = [file.number for file in needed if file.number and file.applied_at]
    return State(
        money=money_of(here.settings),
        schema=max(applied, default=0),
        missing=names_of_missing(needed),
        database=migrate.server_version(here.db),
        health=[check for check in checks(here) if check.problem],
        awaited=here.settings.fulfil_within is not None,
    )


def money_of(settings: Settings) -> str:
    """Return which money these settings deal in."""
    if settings.mode == "live" and settings.telegram_api_url != Settings.telegram_api_url:
        return "simulated"
    return settings.mode


def missing_migrations(db: Database) -> list[str]:
    """Return the names of the migrations and functions that the database lacks.

    Raises as read_state.
    """
    return names_of_missing(migrate.status(db))


def names_of_missing(needed: list[SchemaFile]) -> list[str]:
    """Return the names of those of these files that have not been applied."""
    return [file.name for file in needed if file.applied_at is None]
