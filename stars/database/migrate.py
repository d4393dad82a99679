"""Brings a database to what this release needs: sql/migrations, then sql/functions.

A migration is applied once, in order; a function whenever its file has changed. Each is applied
whole or not at all, by one process at a time. A runner of our own, since no well-kept library does
just this for plain SQL without an ORM.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import cast

import psycopg
from psycopg.rows import TupleRow

from stars.database.pool import Database
from stars.database.queries import SQL, queries

LOCK = 0x57A25
"""The advisory lock of whoever migrates: any number, as long as every release takes the same."""

Connection = psycopg.Connection[TupleRow]


class MigrationError(Exception):
    """A file is wrong, or does not fit the others or the database. It left nothing behind."""


@dataclass(frozen=True, kw_only=True)
class SchemaFile:
    """A file of sql/migrations or sql/functions.

    `number` is that of a migration, None for a function. `applied_at` is when this database took
    this content, None if it never did.
    """

    number: int | None
    name: str
    sha256: str
    sql: bytes
    applied_at: datetime | None = None


def read_migrations(folder: Path = SQL) -> list[SchemaFile]:
    """Return the migrations of this release, in order.

    Raises:
        MigrationError: a name or number is out of line.

    """
    found = []
    paths = sorted((folder / "migrations").glob("*.sql"))
    for number, path in enumerate(paths, start=1):
        if not re.fullmatch(rf"{number:04}_[a-z0-9_]+\.sql", path.name):
            raise MigrationError(
                f"{path.name}: expected {number:04}_..., since the numbers run without gaps"
            )
        found.append(_read(path, number=number, name=path.stem))
    return found


def read_functions(folder: Path = SQL) -> list[SchemaFile]:
    """Return the functions of this release, by name."""
    paths = sorted((folder / "functions").glob("*.sql"))
    return [_read(path, number=None, name=f"functions/{path.stem}") for path in paths]


def status(db: Database, folder: Path = SQL) -> list[SchemaFile]:
    """Return all that this release needs, each with the time this database took it.

    Raises:
        MigrationError: a migration was edited after it was applied, or cannot be one.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    with db.connection() as conn:
        return _look_up_migrations(conn, folder) + _look_up_functions(conn, folder)


def server_version(db: Database) -> str:
    """Return which PostgreSQL this is. Raises Busy, DatabaseUnavailable."""
    return cast(str, db.fetch_one(queries.server_version))


def migrate(db: Database, folder: Path = SQL) -> list[SchemaFile]:
    """Apply what is missing or has changed, and return that. Two at once apply each once (G20).

    Raises:
        MigrationError: a file was edited after it was applied, or cannot be; those before it stay.
        Busy, DatabaseUnavailable: as in `status`.

    """
    applied = []
    for index in range(len(read_migrations(folder))):
        with _alone(db) as conn:
            # Looked up under the lock: another process may have applied it while this one waited.
            migration = _look_up_migrations(conn, folder)[index]
            if migration.applied_at is None:
                _apply_migration(conn, migration)
                applied.append(migration)
    with _alone(db) as conn:
        changed = _find_changed_functions(conn, folder)
        _apply_functions(conn, changed)
    return applied + changed


@contextmanager
def _alone(db: Database) -> Iterator[Connection]:
    """Lend a connection in a transaction that nobody else who migrates is in."""
    with db.unhurried_transaction() as conn:
        conn.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield conn


def _read(path: Path, *, number: int | None, name: str) -> SchemaFile:
    sql = path.read_bytes()
    return SchemaFile(number=number, name=name, sha256=hashlib.sha256(sql).hexdigest(), sql=sql)


def _look_up_migrations(conn: Connection, folder: Path) -> list[SchemaFile]:
    """Return the migrations with their times. What only the database knows is a later release's."""
    rows = _read_ledger(conn, "schema_migrations", "number, sha256, applied_at")
    taken = {number: (sha256, applied_at) for number, sha256, applied_at in rows}
    found = []
    for migration in read_migrations(folder):
        sha256, applied_at = taken.get(migration.number, (migration.sha256, None))
        if sha256 != migration.sha256:
            raise MigrationError(
                f"{migration.name}: edited after it was applied; put it back and add a new one"
            )
        found.append(replace(migration, applied_at=applied_at))
    return found


def _look_up_functions(conn: Connection, folder: Path) -> list[SchemaFile]:
    """Return the functions with their times.

    A content that was in force once counts: a later release has replaced it, and that one's
    functions serve the code of this release, too.
    """
    rows = _read_ledger(conn, "schema_functions", "name, sha256, applied_at")
    taken = {(name, sha256): applied_at for name, sha256, applied_at in rows}
    return [
        replace(function, applied_at=taken.get((function.name, function.sha256)))
        for function in read_functions(folder)
    ]


def _find_changed_functions(conn: Connection, folder: Path) -> list[SchemaFile]:
    """Return the functions whose content is not the one in force."""
    rows = _read_ledger(conn, "schema_functions", "name, sha256")
    in_force: dict[str, str] = dict(rows)  # the newest row of a name comes last
    return [
        function
        for function in read_functions(folder)
        if in_force.get(function.name) != function.sha256
    ]


def _read_ledger(conn: Connection, table: str, columns: str) -> list[TupleRow]:
    """Return the rows of a ledger, the oldest first; none before the migration that makes it."""
    exists = conn.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone()
    if exists != (True,):
        return []
    query = f"SELECT {columns} FROM {table} ORDER BY applied_at"
    return conn.execute(query.encode()).fetchall()


def _apply_migration(conn: Connection, migration: SchemaFile) -> None:
    _run(conn, migration)
    conn.execute(
        "INSERT INTO schema_migrations (number, name, sha256) VALUES (%s, %s, %s)",
        [migration.number, migration.name, migration.sha256],
    )


def _apply_functions(conn: Connection, functions: list[SchemaFile]) -> None:
    """Apply functions twice: they may name each other, so all exist before one is checked."""
    for checked in ("off", "on"):
        conn.execute(f"SET LOCAL check_function_bodies = {checked}".encode())
        for function in functions:
            _run(conn, function)
    for function in functions:
        conn.execute(
            "INSERT INTO schema_functions (name, sha256) VALUES (%s, %s)",
            [function.name, function.sha256],
        )


def _run(conn: Connection, file: SchemaFile) -> None:
    try:
        conn.execute(file.sql)
    except (psycopg.ProgrammingError, psycopg.IntegrityError, psycopg.DataError) as error:
        raise MigrationError(f"{file.name}: {error}") from error
