"""The way to PostgreSQL: the pool, and database failures turned into refusals."""

import atexit
import logging
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from stars.errors import Busy, DatabaseUnavailable

# Each wait stays under the 5 s within which a caller is promised an answer (G16), and far under the 30 s after which a
# platform's router gives up. Seconds:
POOL_WAIT = 3.0  # for a free connection
POOL_STEP = 0.2  # of it, after which to give up if nothing connects: threads must not queue behind a dead server
ANSWER_WAIT = 4.5  # for a server that has gone silent: longer than it takes one to say no by itself
SESSION = {
    "statement_timeout": "4s",
    "lock_timeout": "3s",  # for somebody else's row lock (G17)
    "client_connection_check_interval": "500ms",  # a statement whose caller was killed is dropped, not done later (G13)
    "TimeZone": "UTC",
}

log = logging.getLogger(__name__)


class BoundedConnection(psycopg.Connection[TupleRow]):
    """A connection that gives up on a server which does not answer, instead of waiting for ever."""

    patience: float | None = ANSWER_WAIT

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Run `gen` to its end; once `patience` seconds are over, close the connection and raise OperationalError."""
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def discard_if_dead(conn: BoundedConnection) -> None:
    """Raise when the server has closed an idle `conn`, without asking it: a closed socket is readable.

    So the connections that a restart of PostgreSQL leaves behind cost no caller a 503, and a live one no round trip.
    """
    poll = select.poll()
    poll.register(conn.fileno(), select.POLLIN)
    if poll.poll(0):
        ConnectionPool.check_connection(conn)


class Database:
    """One pool, opened on first use: after gunicorn's fork, and not at all by a command that needs no database."""

    def __init__(self, find_url: Callable[[], str], *, max_connections: int) -> None:
        """`find_url` is asked for the address when the pool is opened."""
        self._find_url, self._max_connections = find_url, max_connections
        self._pool: ConnectionPool[BoundedConnection] | None = None
        self._opening = threading.Lock()
        self._down = False

    def fetch_one(self, statement: Any, **params: Any) -> Any:
        """Run one statement; its row or value, or None. Raises Busy or DatabaseUnavailable."""
        with self.connection() as conn:
            return statement(conn, **params)

    def fetch_all(self, statement: Any, **params: Any) -> list[tuple[Any, ...]]:
        """Run one statement; all its rows. Raises Busy or DatabaseUnavailable."""
        with self.connection() as conn:
            return list(statement(conn, **params))

    def fetch_all_planned_anew(self, statement: Any, **params: Any) -> list[tuple[Any, ...]]:
        """As fetch_all, with a plan made for these very parameters: which of them are NULL decides which index serves."""
        with self.connection() as conn:
            return conn.execute(statement.sql, params, prepare=False).fetchall()

    @contextmanager
    def connection(self) -> Iterator[BoundedConnection]:
        """Lend a connection in autocommit: each statement is a transaction. Raises Busy or DatabaseUnavailable."""
        pool, conn = self._pool or self._open(), None
        try:
            conn = self._checked_out(pool)
            yield conn
        except (pg.LockNotAvailable, pg.QueryCanceled) as slow:
            raise Busy from slow
        except PoolTimeout as none_free:
            raise (DatabaseUnavailable if self._down else Busy) from none_free
        except (
            psycopg.OperationalError,
            pg.ReadOnlySqlTransaction,
            pg.UndefinedTable,
            pg.UndefinedObject,
        ) as unfit:
            # Gone, a standby, or not migrated: look for a better one the next time.
            log.error("database_unavailable", extra={"reason": str(unfit).partition("\n")[0]})
            if conn:
                conn.close()
            raise DatabaseUnavailable from unfit
        finally:
            if conn:
                pool.putconn(conn)

    @contextmanager
    def unhurried_transaction(self) -> Iterator[BoundedConnection]:
        """Lend a connection in one transaction that may take as long as it needs: for the console, not for requests."""
        with self.connection() as conn, conn.transaction():
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
            try:
                conn = pool.getconn(POOL_STEP)
                self._down = False
                return conn
            except PoolTimeout:
                if self._down or time.monotonic() > until:
                    raise

    def _open(self) -> ConnectionPool[BoundedConnection]:
        with self._opening:
            if self._pool is None:
                atexit.register(self.close)  # before the threads of the pool stop being scheduled
                self._pool = ConnectionPool(
                    self._find_url(),
                    min_size=1,
                    max_size=self._max_connections,
                    check=discard_if_dead,
                    open=True,
                    connection_class=BoundedConnection,
                    kwargs={
                        "autocommit": True,
                        "application_name": "stars",
                        "connect_timeout": 3,
                        "tcp_user_timeout": 4000,  # ms until a host that no longer acknowledges counts as gone
                        "options": " ".join(
                            f"-c {name}={value}" for name, value in SESSION.items()
                        ),
                    },
                    # No retries behind the scenes with growing pauses: the next request tries again, so the service is
                    # back with the first one after the database is.
                    reconnect_timeout=0,
                    reconnect_failed=lambda _pool: setattr(self, "_down", True),
                )
            return self._pool
