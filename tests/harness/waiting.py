"""Waiting for a condition, and doing several things at the same moment."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import requests

from stars.config import DATABASE_CONNECTIONS

BLOCKED = """
    SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


def eventually(condition: Callable[[], Any], within: float = 60) -> Any:
    """Wait for the first true value of `condition`, and return it.

    Tests wait for what they mean, never for a time. Raises AssertionError after `within` seconds.
    """
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {within} s: {condition}")


def in_background(act: Callable[[], Any]) -> threading.Thread:
    """Start `act` in a thread that the test joins; the service may die meanwhile."""

    def run() -> None:
        with suppress(requests.RequestException):
            act()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts at the same moment, each in a thread; return their results in order.

    An act that raises makes this raise, once all others have ended.
    """
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)
    errors: list[BaseException] = []

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = acts[number]()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def blocked(conn: psycopg.Connection[Any]) -> int:
    """Count the sessions of this database that wait for a lock."""
    row = conn.execute(BLOCKED).fetchone()
    assert row is not None
    return int(row[0])


def race(url: str, hold: str, *acts: Callable[[], Any]) -> list[Any]:
    """Run all acts at once against what the statement `hold` has locked.

    The lock is released when as many wait for it as one process has connections, or all acts.
    Returns the results of the acts in order.
    """
    waiting = min(len(acts), DATABASE_CONNECTIONS)
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        holder.execute(hold.encode())

        def release() -> None:
            eventually(lambda: blocked(watcher) >= waiting)
            holder.rollback()

        return together(*acts, release)[:-1]
