"""A connection to PostgreSQL, or to a pooler in front of it, on which every wait is bounded."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool

from stars.database.waiting import is_cooperative, is_readable, wait_cooperatively
from stars.encoding import decode

CONNECT_WAIT = 2
"""Seconds for one host to answer. PostgreSQL's library allows no fewer."""

ANSWER_WAIT = 4.5
"""Seconds for a server that has gone silent: longer than it takes one to say no by itself."""

SESSION = {
    "statement_timeout": "4s",
    "lock_timeout": "3s",  # for somebody else's row lock (G17)
    # A statement whose caller was killed is dropped, not done later (G13).
    "client_connection_check_interval": "500ms",
    "TimeZone": "UTC",
}
"""What holds for every statement."""

OPTIONS = " ".join(f"-c {name}={value}" for name, value in SESSION.items())

LOOK = """
    SELECT pg_backend_pid(), quote_ident(current_user), quote_ident(current_database()),
""" + ", ".join(f"current_setting('{name}')" for name in SESSION)

BEGIN = "BEGIN; " + "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in SESSION.items())

PARAMETERS: dict[str, Any] = {
    "fallback_application_name": "stars",
    "client_encoding": "UTF8",
    "connect_timeout": CONNECT_WAIT,
    # Milliseconds until a host that no longer acknowledges what it was sent counts as gone.
    "tcp_user_timeout": 4000,
    # Seconds. Load balancers and address translation forget a connection that is silent for some
    # minutes, at the least 4 (Azure); asked every minute, they remember, or we learn of it.
    "keepalives_idle": 60,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}

ASTRAY = (
    "PGAPPNAME",
    "PGCLIENTENCODING",
    "PGDATABASE",
    "PGDATESTYLE",
    "PGGEQO",
    "PGHOST",
    "PGHOSTADDR",
    "PGLOADBALANCEHOSTS",
    "PGOPTIONS",
    "PGPORT",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGTARGETSESSIONATTRS",
    "PGTZ",
)
"""Variables of PostgreSQL's library that say where to connect or how a session behaves.

DATABASE_URL alone says where, and this file how. Those that say who one is (PGUSER, PGPASSWORD,
PGPASSFILE) and how a connection is secured (PGSSL...) may fill in what the address leaves out.
"""

WAITS_COOPERATIVELY = is_cooperative()

log = logging.getLogger(__name__)


@dataclass
class Route:
    """What is known of the way to the database, from one connection to the next."""

    takes_options: bool = True
    explained: bool = False
    failure: psycopg.Error | None = None
    """Why the last attempt to connect has failed; None if it has not."""


class BoundedConnection(psycopg.Connection[TupleRow]):
    """A connection that gives up on a server which does not answer, instead of waiting for ever."""

    patience: float | None = ANSWER_WAIT
    keeps_session = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_json_loads(decode, context=self)
        self._cursors: dict[str, psycopg.Cursor[TupleRow]] = {}

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        """Connect by `route`, and learn what stands at its end.

        Raises:
            psycopg.Error: nobody answers, or not this user. `route` has the reason.

        """
        route: Route = kwargs.pop("route")
        try:
            conn = cls._connect(conninfo, route, kwargs)
            conn.look_around(route)
        except psycopg.Error as error:
            route.failure = error
            raise
        route.failure = None
        return conn

    @classmethod
    def _connect(cls, conninfo: str, route: Route, arguments: dict[str, Any]) -> Self:
        """Connect with SESSION, or without where a pooler does not take that."""
        given = str(conninfo_to_dict(conninfo).get("options") or "")
        if route.takes_options:
            try:
                return super().connect(conninfo, options=f"{given} {OPTIONS}", **arguments)
            except psycopg.OperationalError as error:
                if "startup parameter" not in str(error) and "options" not in str(error):
                    raise
                route.takes_options = False
        return super().connect(conninfo, **arguments)

    def cursor_of(self, statement: str) -> psycopg.Cursor[TupleRow]:
        """Return the cursor of a statement, which has learned how its values are written and read.

        A new one would have to learn that again.
        """
        cursor = self._cursors.get(statement)
        if cursor is None:
            cursor = self._cursors[statement] = self.cursor()
        return cursor

    def look_around(self, route: Route) -> None:
        """Find out what this connection leads to, and behave accordingly.

        A pooler hands each transaction to another session of the server. A prepared statement, or
        a setting, is then on one that this connection may not meet again. A pooler is known by its
        number for the session, which it makes up.
        """
        with self.cursor() as cursor:
            seen = cursor.execute(LOOK).fetchone()
        assert seen is not None
        session, user, database, *settings = seen
        if session != self.info.backend_pid:
            self.prepare_threshold = None
        self.keeps_session = settings == list(SESSION.values())
        if not self.keeps_session and not route.explained:
            route.explained = True
            cure = cure_for(user, database)
            log.warning("each_statement_is_a_transaction", extra={"cure": cure})

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Run `gen` to its end.

        Once `patience` seconds are over, close the connection and raise OperationalError.
        """
        seconds = timeout or self.patience
        try:
            if WAITS_COOPERATIVELY:
                return wait_cooperatively(gen, self.pgconn.socket, seconds)
            return super().wait(gen, interval, seconds)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise

    @contextmanager
    def in_bounded_transaction(self) -> Iterator[None]:
        """Have what is done inside keep to SESSION, where the session itself does not."""
        self.execute(BEGIN)
        try:
            yield
        except BaseException:
            with suppress(psycopg.Error):
                self.rollback()
            raise
        self.commit()


def cure_for(user: str, database: str) -> str:
    """Return the statements after which sessions keep to SESSION by themselves."""
    changes = [f"{name} = '{value}'" for name, value in SESSION.items()]
    return " ".join(f"ALTER ROLE {user} IN DATABASE {database} SET {one};" for one in changes)


def discard_if_dead(conn: BoundedConnection) -> None:
    """Raise if the server has closed an idle connection, without asking it.

    A closed socket can be read from. So the connections that a restart of PostgreSQL leaves behind
    cost no caller a 503, and a live one costs no round trip.
    """
    if is_readable(conn.fileno()):
        ConnectionPool.check_connection(conn)


def forget_variables_that_lead_astray() -> None:
    """Take ASTRAY out of this process's environment."""
    for name in ASTRAY:
        os.environ.pop(name, None)
