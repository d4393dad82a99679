"""Waiting for PostgreSQL where gevent runs the process: others go on meanwhile.

psycopg can wait there by itself, through gevent's imitation of `select.poll`. This costs half.
"""

from select import POLLIN
from time import monotonic
from typing import Any

import psycopg
from gevent import monkey
from gevent.hub import Waiter, get_hub

# Where gevent has patched this process (stars.serve has it do so), its imitation would let others
# go on even for a look that waits for nothing.
original_poll = monkey.get_original("select", "poll")


def is_cooperative() -> bool:
    """Tell whether gevent has patched this process."""
    return bool(monkey.is_module_patched("select"))


def is_readable(fileno: int) -> bool:
    """Tell whether there is something to read from a socket, or its end. Waits for nothing."""
    poll = original_poll()
    poll.register(fileno, POLLIN)
    return bool(poll.poll(0))


def wait_cooperatively(gen: Any, fileno: int, seconds: float | None) -> Any:
    """Run what psycopg wants to do on a socket to its end, and return the result.

    Args:
        gen: yields what it waits for next (psycopg.waiting.Wait), and is sent what is ready.
        fileno: the socket.
        seconds: for how long at most; None for as long as it takes.

    Raises:
        psycopg.OperationalError: `seconds` are over, or the socket is closed.
        Whatever `gen` raises.

    """
    until = None if seconds is None else monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            left = None if until is None else until - monotonic()
            wanted = gen.send(wait_for_socket(fileno, wanted, left))
    except StopIteration as end:
        return end.value


def wait_for_socket(fileno: int, wanted: int, seconds: float | None) -> int:
    """Return what a socket is ready for.

    `wanted` and what is returned are numbers which psycopg and libev have in common: 1 to read,
    2 to write, 3 for both. Raises as wait_cooperatively.
    """
    hub = get_hub()
    waiter: Waiter[Any] = Waiter(hub)
    watcher = hub.loop.io(fileno, int(wanted))
    timer = None if seconds is None else hub.loop.timer(max(seconds, 0))
    try:
        watcher.start(waiter.switch, pass_events=True)
        if timer is not None:
            timer.start(waiter.switch, 0)
        ready = int(waiter.get())
    finally:
        watcher.close()
        if timer is not None:
            timer.close()
    if ready == 0:
        raise psycopg.OperationalError("the server does not answer")
    if ready < 0:
        raise psycopg.OperationalError("the connection is closed")
    return ready
