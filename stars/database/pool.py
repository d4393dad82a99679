"""The way to PostgreSQL: connections are lent from a pool, and its failures become refusals."""

import atexit
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from stars.database.connections import (
    ANSWER_WAIT,
    PARAMETERS,
    BoundedConnection,
    Route,
    discard_if_dead,
    forget_variables_that_lead_astray,
)
from stars.database.failures import reason_of, refusal_for
from stars.errors import Busy, DatabaseUnavailable, Refusal

# Each wait stays under the 5 s within which a caller is promised an answer (G16), and far under the
# 30 s after which a platform's router gives up.

POOL_WAIT = 3.0
"""Seconds for a free connection."""

POOL_STEP = 0.2
"""Seconds of it, after which to give up if nothing connects: nobody queues at a dead server."""

LIFETIME = 1800.0
"""Seconds for one connection: after that a failover, a new pooler or a new certificate counts."""

log = logging.getLogger(__name__)


class Database:
    """One pool, opened on first use.

    That is after gunicorn's fork, and not at all in a command that needs no database.
    """

    def __init__(self, find_url: Callable[[], str], *, max_connections: int) -> None:
        """`find_url` is asked for the address when the pool is opened."""
        self._find_url = find_url
        self._max_connections = max_connections
        self._pool: ConnectionPool[BoundedConnection] | None = None
        self._opening = threading.Lock()
        self._route = Route()
        self._lent: set[BoundedConnection] = set()
        self._down = False

    def fetch_one(self, statement: Any, **params: Any) -> Any:
        """Run one statement; return its row or value, or None. Raises Busy, DatabaseUnavailable."""
        with self.connection() as conn:
            return statement(conn, **params)

    def fetch_all(self, statement: Any, **params: Any) -> list[tuple[Any, ...]]:
        """Run one statement; return all its rows. Raises Busy, DatabaseUnavailable."""
        with self.connection() as conn:
            return list(statement(conn, **params))

    def fetch_all_planned_anew(self, statement: Any, **params: Any) -> list[tuple[Any, ...]]:
        """Do the same with a plan made for these very parameters.

        Which of them are NULL decides which index serves.
        """
        with self.connection() as conn:
            return conn.execute(statement.sql, params, prepare=False).fetchall()

    @contextmanager
    def connection(self) -> Iterator[BoundedConnection]:
        """Lend a connection in autocommit, or in one transaction where the way allows no other.

        Raises:
            Busy: every connection is taken, or a lock was not to be had in time.
            DatabaseUnavailable: the database cannot be reached, or cannot do it now.

        """
        pool = self._pool or self._open()
        conn = self._checked_out(pool)
        try:
            if conn.keeps_session:
                yield conn
            else:
                with conn.in_bounded_transaction():
                    yield conn
        except psycopg.Error as error:
            refusal = refusal_for(error)
            if refusal is None:
                raise
            if isinstance(refusal, DatabaseUnavailable):
                # Gone, a standby, not migrated: look for a better one the next time.
                conn.close()
            raise told(refusal) from error
        finally:
            self._lent.discard(conn)
            pool.putconn(conn)

    @contextmanager
    def transaction(self) -> Iterator[BoundedConnection]:
        """Lend a connection in one transaction. Raises what `connection` raises."""
        with self.connection() as conn, conn.transaction():
            yield conn

    @contextmanager
    def unhurried_transaction(self) -> Iterator[BoundedConnection]:
        """Lend a connection in one transaction that may take as long as it needs.

        For commands, not for requests. Raises what `connection` raises.
        """
        with self.transaction() as conn:
            conn.patience = None
            conn.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            try:
                yield conn
            finally:
                conn.patience = ANSWER_WAIT

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        with self._opening:
            if self._pool:
                self._pool.close()
            self._pool = None

    def _checked_out(self, pool: ConnectionPool[BoundedConnection]) -> BoundedConnection:
        until = time.monotonic() + POOL_WAIT
        while True:
            # Where all are lent, one comes back. To look every POOL_STEP would cost a crowd most.
            left = until - time.monotonic()
            try:
                conn = pool.getconn(left if self._all_are_lent() else POOL_STEP)
            except PoolTimeout as error:
                all_lent = self._all_are_lent()
                if time.monotonic() > until or (self._down and not all_lent):
                    raise told(self._reason_for_none(all_lent)) from error
            except PoolClosed as error:
                raise told(DatabaseUnavailable(reason="This process is ending.")) from error
            else:
                self._lent.add(conn)
                self._down = False
                return conn

    def _all_are_lent(self) -> bool:
        return len(self._lent) >= self._max_connections

    def _reason_for_none(self, all_lent: bool) -> Refusal:
        """Return what to tell somebody for whom there was no connection."""
        if all_lent:
            return Busy(reason="Every connection is taken.")
        if failure := self._route.failure:
            return DatabaseUnavailable(reason=reason_of(failure))
        return DatabaseUnavailable(
            reason="Nothing answers. DATABASE_URL says where to look for it."
        )

    def _open(self) -> ConnectionPool[BoundedConnection]:
        with self._opening:
            if self._pool is None:
                forget_variables_that_lead_astray()
                url = self._find_url()
                # At exit, before the threads of the pool stop being scheduled; and asked for after
                # the embedded server is, which then stops after the pool.
                atexit.register(self.close)
                self._pool = self._new_pool(url)
            return self._pool

    def _new_pool(self, url: str) -> ConnectionPool[BoundedConnection]:
        return ConnectionPool(
            url,
            min_size=1,
            max_size=self._max_connections,
            max_lifetime=LIFETIME,
            check=discard_if_dead,
            open=True,
            connection_class=BoundedConnection,
            kwargs={"autocommit": True, "route": self._route, **PARAMETERS},
            # No retries behind the scenes with growing pauses: the next request tries again, so the
            # service is back with the first one after the database is.
            reconnect_timeout=0,
            reconnect_failed=self._note_that_it_is_down,
        )

    def _note_that_it_is_down(self, _pool: object) -> None:
        self._down = True


def told(refusal: Refusal) -> Refusal:
    """Write down the reason of a refusal, which its caller is not told; return it to be raised."""
    log.error(refusal.code, extra={"reason": refusal.reason})
    return refusal
