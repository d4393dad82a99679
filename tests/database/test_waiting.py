"""F5: waiting for PostgreSQL as gevent has it, which holds up nobody else and has an end."""

import socket

import gevent
import psycopg
import pytest
from harness.types import Sql
from harness.waiting import eventually
from harness.wire import Wire

from stars.database import connections
from stars.database.connections import BoundedConnection, Route
from stars.database.waiting import is_readable, wait_for_socket

TO_READ = 1
TO_WRITE = 2
SOON = 0.05
"""Seconds: the least that is waited. Nothing is said about the most."""


@pytest.fixture
def cooperative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WAITS_COOPERATIVELY", True)


def connect(url: str) -> BoundedConnection:
    return BoundedConnection.connect(url, autocommit=True, route=Route())


@pytest.mark.usefixtures("cooperative")
def test_f5_others_go_on_while_one_waits_for_a_statement(url: str) -> None:
    heard = []
    with connect(url) as conn:
        gevent.spawn(heard.append, "another")
        row = conn.execute("SELECT pg_sleep(0.01), 'this one'").fetchone()

    assert row == ("", "this one")
    assert heard == ["another"]


@pytest.mark.usefixtures("cooperative")
def test_f5_a_statement_larger_than_what_the_socket_takes_is_sent_whole(url: str) -> None:
    large = "x" * 5_000_000
    with connect(url) as conn:
        assert conn.execute("SELECT length(%s)", [large]).fetchone() == (len(large),)


@pytest.mark.usefixtures("cooperative")
def test_g16_a_server_that_falls_silent_is_given_up_and_not_used_again(wire: Wire) -> None:
    conn = connect(wire.url)
    conn.patience = SOON
    wire.holding_answers = True

    with pytest.raises(psycopg.OperationalError, match="does not answer"):
        conn.execute("SELECT 1")
    assert conn.closed


@pytest.mark.usefixtures("cooperative")
def test_g15_a_connection_that_dies_meanwhile_is_told_at_once(url: str, sql: Sql) -> None:
    conn = connect(url)
    conn.patience = None
    pid = conn.info.backend_pid
    sql.execute("SELECT pg_terminate_backend(%s)", [pid])

    with pytest.raises(psycopg.OperationalError):
        conn.execute("SELECT 1")
    assert conn.closed


def test_what_a_socket_is_ready_for_is_told_and_a_wait_has_an_end() -> None:
    near, far = socket.socketpair()
    with near, far:
        assert wait_for_socket(near.fileno(), TO_WRITE, None) == TO_WRITE
        assert wait_for_socket(near.fileno(), TO_READ | TO_WRITE, None) == TO_WRITE
        assert not is_readable(near.fileno())
        with pytest.raises(psycopg.OperationalError, match="does not answer"):
            wait_for_socket(near.fileno(), TO_READ, SOON)

        far.send(b"x")
        assert wait_for_socket(near.fileno(), TO_READ, None) == TO_READ
        assert is_readable(near.fileno())


def test_the_end_of_a_connection_can_be_read() -> None:
    near, far = socket.socketpair()
    with near:
        far.close()
        eventually(lambda: is_readable(near.fileno()))
