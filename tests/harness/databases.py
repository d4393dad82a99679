"""Migrated databases for tests: copied once, emptied after each test, and used again.

A copy costs a hundred times what emptying does. Whatever a test did beyond writing rows, such as
altering a table, is seen in the catalogue's row versions, and that database is dropped instead.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg

from harness.postgres import fresh_database

Connection = psycopg.Connection[Any]

# A test that wrote more than this leaves statistics and dead rows behind that change plans.
MOST_ROWS = 1000
TABLES = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
RESTART_SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public'
"""
DISCONNECT_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
"""
# Every change of an object gives its rows in the catalogue another version (xmin).
CATALOGUE = """
    WITH ours AS (
        SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
    ), versions (of, row, version) AS (
        SELECT 'class', oid::text, xmin::text FROM pg_class
        WHERE oid IN (SELECT oid FROM ours)
        UNION ALL
        SELECT 'column', attrelid::text || '.' || attnum, xmin::text FROM pg_attribute
        WHERE attrelid IN (SELECT oid FROM ours)
        UNION ALL
        SELECT 'constraint', oid::text, xmin::text FROM pg_constraint
        WHERE conrelid IN (SELECT oid FROM ours)
        UNION ALL
        SELECT 'trigger', oid::text, xmin::text FROM pg_trigger
        WHERE tgrelid IN (SELECT oid FROM ours)
        UNION ALL
        SELECT 'statistic', starelid::text || '.' || staattnum, xmin::text FROM pg_statistic
        WHERE starelid IN (SELECT oid FROM ours)
        UNION ALL
        SELECT 'function', oid::text, xmin::text FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'type', oid::text, xmin::text FROM pg_type
        WHERE typnamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'setting', setrole::text, setconfig::text FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    SELECT of, row, version FROM versions ORDER BY 1, 2
"""


class Databases:
    """The migrated databases of one run, of which each test has one for itself."""

    def __init__(self, server: str) -> None:
        """`server` has a database `migrated`."""
        self.server = server
        self.clean: list[Lent] = []

    @contextmanager
    def lend(self) -> Iterator[str]:
        """A migrated database with nothing in it; gives its address."""
        lent = self.clean.pop() if self.clean else Lent(self.server)
        try:
            yield lent.url
        finally:
            if lent.empty():
                self.clean.append(lent)
            else:
                lent.drop()

    def close(self) -> None:
        """Drop them all."""
        for lent in self.clean:
            lent.drop()


class Lent:
    """One database, and what it was like when it was new."""

    def __init__(self, server: str) -> None:
        self.dropping = ExitStack()
        self.url = self.dropping.enter_context(fresh_database(server, "migrated"))
        with psycopg.connect(self.url, autocommit=True) as conn:
            self.catalogue = conn.execute(CATALOGUE).fetchall()
            tables = [name for (name,) in conn.execute(TABLES)]
            self.kept = {table: rows_of(conn, table) for table in tables if rows_of(conn, table)}
            self.emptied = [table for table in tables if table not in self.kept]

    def empty(self) -> bool:
        """Make it as new; False if that cannot be done by deleting rows."""
        with psycopg.connect(self.url, autocommit=True) as conn:
            conn.execute(DISCONNECT_OTHERS)
            if conn.execute(CATALOGUE).fetchall() != self.catalogue:
                return False
            for table, rows in self.kept.items():
                if rows_of(conn, table) != rows:
                    return False
            return self.delete_rows(conn) <= MOST_ROWS

    def delete_rows(self, conn: Connection) -> int:
        """Delete what the test wrote; how many rows that were."""
        # As a replica does: no trigger asks whether this is allowed, no reference is checked.
        conn.execute("SET session_replication_role = replica")
        deleted = 0
        for table in self.emptied:
            deleted += conn.execute(f"DELETE FROM {table}".encode()).rowcount
        conn.execute(RESTART_SEQUENCES)
        return deleted

    def drop(self) -> None:
        """Let there be no such database any more."""
        self.dropping.close()


def rows_of(conn: Connection, table: str) -> list[Any]:
    """Every row of a table."""
    return conn.execute(f"SELECT * FROM {table} ORDER BY 1".encode()).fetchall()
