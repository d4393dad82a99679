"""The state of the service: what /readyz asks, and what the console has in its head."""

from dataclasses import dataclass

from stars.database import migrate
from stars.database.migrate import SchemaFile
from stars.database.pool import Database
from stars.domain.health import HealthCheck
from stars.domain.service import Service


@dataclass(frozen=True, kw_only=True)
class State:
    """Which mode it runs in, and on what database.

    `schema` is the number of the newest migration that the database has; `missing` are the names
    of those of this release that it lacks, and of the functions. `health` are the checks that
    found something.
    """

    mode: str
    schema: int
    missing: list[str]
    database: str
    health: list[HealthCheck]


def read_state(here: Service) -> State:
    """Ask the database. Raises Busy, DatabaseUnavailable."""
    needed = migrate.status(here.db)
    applied = [file.number for file in needed if file.number and file.applied_at]
    return State(
        mode=here.settings.mode,
        schema=max(applied, default=0),
        missing=names_of_missing(needed),
        database=migrate.server_version(here.db),
        health=[check for check in here.payments.health() if check.problem],
    )


def missing_migrations(db: Database) -> list[str]:
    """Return the names of the migrations and functions that the database lacks.

    Raises as read_state.
    """
    return names_of_missing(migrate.status(db))


def names_of_missing(needed: list[SchemaFile]) -> list[str]:
    """Return the names of those of these files that have not been applied."""
    return [file.name for file in needed if file.applied_at is None]
