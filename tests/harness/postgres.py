"""PostgreSQL for tests: databases that are copied and dropped, and a server that may die."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg

from harness.waiting import eventually
from stars.database.migrate import migrate
from stars.database.pool import Database
from stars.database.server import Server

CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'stars'
"""


def at(url: str, database: str) -> str:
    """The address of another database of the same server."""
    return url.replace("/postgres?", f"/{database}?")


def migrate_at(url: str) -> None:
    """Apply every migration to the database at `url`."""
    db = Database(lambda: url, max_connections=1)
    migrate(db)
    db.close()


def do_not_wait_for_disks(url: str) -> None:
    """Turn fsync off: nobody kills this server, so what it has acknowledged cannot be lost."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET fsync = off")
        admin.execute("SELECT pg_reload_conf()")


def make_template(url: str) -> None:
    """Create the database `migrated`, which tests copy."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS migrated")
        admin.execute("CREATE DATABASE migrated")
    migrate_at(at(url, "migrated"))


@contextmanager
def fresh_database(server: str, template: str) -> Iterator[str]:
    """A copy of `template`, dropped afterwards, whoever is still connected; gives its address."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as admin:
        # Copied as files: half the time of writing every page to the log.
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
        try:
            yield at(server, name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def connections(conn: psycopg.Connection[Any]) -> int:
    """Count the service's connections to this database."""
    row = conn.execute(CONNECTIONS).fetchone()
    assert row is not None
    return int(row[0])


def created(data: Path) -> Server:
    """A server on `data`, which is made for it; it does not run yet."""
    server = Server(data)
    lock = os.open(data.parent, os.O_RDONLY)
    server.create(lock)
    os.close(lock)
    return server


class Mortal:
    """A migrated PostgreSQL of a test's own, to be killed and started again."""

    def __init__(self, data: Path) -> None:
        self.server = created(data)
        self.server.start()
        self.url = self.server.url
        migrate_at(self.url)

    def kill(self) -> None:
        """Kill -9 for every process of it, as when the machine loses power."""
        postmaster = psutil.Process(self.server.pid)
        # Otherwise a child that it starts just now would be missed, and bar the next start.
        postmaster.suspend()
        eventually(lambda: postmaster.status() == psutil.STATUS_STOPPED)
        family = [postmaster, *postmaster.children()]
        for process in family:
            process.kill()
        # A dead postmaster counts as alive, and bars the next start, until it is collected.
        _, left = psutil.wait_procs(family, 60)
        assert left == []

    def start(self) -> None:
        """Start it again on the same data."""
        self.server.start()

    def stop(self) -> None:
        """Stop it for good."""
        self.server.stop()
