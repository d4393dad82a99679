"""Kept-alive connections are shared fairly among the workers, every time."""

import signal
import socket
from collections.abc import Callable, Iterator

import pytest
from harness.servers import Served
from harness.types import Serve
from harness.waiting import eventually, together
from harness.workers import held

ASK = b"GET /livez HTTP/1.1\r\nHost: stars\r\n\r\n"
FAIR = 0.6  # of all connections, for the busiest of two workers


class Caller:
    """A client with one kept-alive connection, opened anew whenever the service closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None

    def ask(self) -> None:
        """Send a request and read its answer."""
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self._port), timeout=20)
        try:
            self._connection.sendall(ASK)
            answer = self._connection.recv(65536)
        except ConnectionError:
            answer = b""
        if b"keep-alive" not in answer:
            self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


@pytest.fixture
def callers() -> Iterator[Callable[[Served, int], list[Caller]]]:
    """Make callers that all open their connections at the same moment: callers(served, 16)."""
    made: list[Caller] = []

    def make(served: Served, count: int) -> list[Caller]:
        callers = [Caller(served.port) for _ in range(count)]
        made.extend(callers)
        together(*(caller.ask for caller in callers))
        return callers

    yield make
    for caller in made:
        caller.close()


def is_fair(served: Served) -> bool:
    counts = held(served)
    return max(counts.values()) <= FAIR * counts.total()


def test_the_busiest_of_two_workers_has_at_most_60_percent_of_16_connections_every_time(
    url: str, serve: Serve, callers: Callable[[Served, int], list[Caller]]
) -> None:
    served = serve(DATABASE_URL=url, WEB_CONCURRENCY="2")
    eventually(lambda: len(served.workers()) == 2)
    for _ in range(20):
        sixteen = callers(served, 16)
        assert held(served).total() == 16
        assert is_fair(served)

        for caller in sixteen:
            caller.close()
        eventually(lambda: held(served).total() == 0)


def test_connections_are_shared_among_four_workers(
    url: str, serve: Serve, callers: Callable[[Served, int], list[Caller]]
) -> None:
    served = serve(DATABASE_URL=url, WEB_CONCURRENCY="4")
    eventually(lambda: len(served.workers()) == 4)
    callers(served, 40)

    assert set(held(served).values()) <= {9, 10, 11}


def test_a_worker_that_lost_its_connections_is_given_some_of_the_others(
    url: str, serve: Serve, callers: Callable[[Served, int], list[Caller]]
) -> None:
    served = serve(DATABASE_URL=url, WEB_CONCURRENCY="2")
    sixteen = callers(served, 16)
    old = served.workers()[0]
    old.kill()
    eventually(lambda: old.pid not in held(served) and len(held(served)) == 2)

    def ask_again() -> bool:
        for caller in sixteen:
            caller.ask()
        return held(served).total() == 16 and is_fair(served)

    eventually(ask_again, within=180)


def test_a_worker_that_hangs_holds_up_no_new_client(
    url: str, serve: Serve, callers: Callable[[Served, int], list[Caller]]
) -> None:
    served = serve(DATABASE_URL=url, WEB_CONCURRENCY="2")
    stuck = served.workers()[0]
    stuck.send_signal(signal.SIGSTOP)
    try:
        callers(served, 16)  # each waits 20 s at most for its answer
    finally:
        stuck.send_signal(signal.SIGCONT)
