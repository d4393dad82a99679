"""Applies sql/migrations to a database: in order, each once, each whole, by one process at a time.

A runner of our own, since no well-kept library does just this for plain SQL without an ORM.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import psycopg

from stars.database.pool import Database
from stars.database.queries import SQL, queries

MIGRATIONS = SQL / "migrations"
LOCK = 0x57A25  # any number, as long as every release takes the same one


class MigrationError(Exception):
    """A file is wrong, or does not fit the others or what this database has taken. It left nothing behind."""


@dataclass(frozen=True)
class Migration:
    """One file of sql/migrations, and when this database took it (None: not yet)."""

    number: int
    name: str
    sha256: str
    sql: bytes
    applied_at: datetime | None = None


def read(folder: Path = MIGRATIONS) -> list[Migration]:
    """The migrations of this release, in order. Raises MigrationError when a name or number is out of line."""
    found = []
    for number, path in enumerate(sorted(folder.glob("*.sql")), start=1):
        if not re.fullmatch(rf"{number:04}_[a-z0-9_]+\.sql", path.name):
            raise MigrationError(
                f"{path.name}: expected {number:04}_..., since the numbers run without gaps"
            )
        sql = path.read_bytes()
        found.append(Migration(number, path.stem, hashlib.sha256(sql).hexdigest(), sql))
    return found


def status(db: Database, folder: Path = MIGRATIONS) -> list[Migration]:
    """The migrations of this release, each with the time this database took it. Raises MigrationError, Refusal."""
    with db.connection() as conn:
        return _dated(conn, folder)


def server_version(db: Database) -> str:
    """Which PostgreSQL this is. Raises Refusal when it cannot be reached."""
    return cast(str, db.fetch_one(queries.server_version))


def migrate(db: Database, folder: Path = MIGRATIONS) -> list[Migration]:
    """Apply what is missing, and tell what was applied. Run twice at once, each is applied once (G20).

    Raises:
        MigrationError: a file was edited after it was applied, or cannot be; the ones before it stay.
        Refusal: the database cannot be reached.

    """
    applied = []
    for number in range(len(read(folder))):
        with db.unhurried_transaction() as conn:
            conn.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            # Looked up under the lock: somebody else may have applied it while this one waited.
            due = _dated(conn, folder)[number]
            if due.applied_at is None:
                try:
                    conn.execute(due.sql)
                except (
                    psycopg.ProgrammingError,
                    psycopg.IntegrityError,
                    psycopg.DataError,
                ) as wrong:
                    raise MigrationError(f"{due.name}: {wrong}") from wrong
                conn.execute(
                    "INSERT INTO schema_migrations (number, name, sha256) VALUES (%s, %s, %s)",
                    [due.number, due.name, due.sha256],
                )
                applied.append(due)
    return applied


def _dated(conn: psycopg.Connection[Any], folder: Path) -> list[Migration]:
    """The migrations, dated by the ledger. One that only the database knows is a later release's, and no concern."""
    migrations, taken = read(folder), {}
    if conn.execute("SELECT to_regclass('schema_migrations') IS NOT NULL").fetchone() == (True,):
        rows = conn.execute("SELECT number, sha256, applied_at FROM schema_migrations")
        taken = {number: (sha256, applied_at) for number, sha256, applied_at in rows}
    for migration in migrations:
        if taken.get(migration.number, (migration.sha256,))[0] != migration.sha256:
            raise MigrationError(
                f"{migration.name}: edited after it was applied; put it back and add a new one"
            )
    return [
        replace(m, applied_at=taken[m.number][1]) if m.number in taken else m for m in migrations
    ]
