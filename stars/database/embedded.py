"""A PostgreSQL of its own while DATABASE_URL is unset.

The first process that needs it starts it, the last one that used it stops it.
"""

import atexit
import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stars.database.programs import EmbeddedUnavailable
from stars.database.server import Server

__all__ = ["DATA", "EmbeddedUnavailable", "start"]

DATA = Path(".pgdata")


def start(data: Path = DATA) -> str:
    """Start the server that keeps its data in `data`, or join the one that runs there already.

    It is stopped when the last process that called this ends. After a SIGKILL, which nobody can
    clean up after, the next start finds the server running, joins it, and stops it in its turn.

    Returns:
        Its address.

    Raises:
        EmbeddedUnavailable: with the reason.

    """
    data = data.resolve()
    try:
        return _join(Server(data))
    except OSError as error:
        raise EmbeddedUnavailable(
            f"the embedded PostgreSQL cannot be kept in {data}: {error.strerror}"
            f" ({error.filename}); set DATABASE_URL, or start where you may write"
        ) from error


def _join(server: Server) -> str:
    _exit_on_sigterm()
    with _alone_in(server.data.parent) as lock:
        try:
            server.create(lock)
        except BaseException:
            server.stop()
            raise
        # Whoever uses the server holds this lock, shared, as long as it lives; who can get it for
        # itself alone is the last. The kernel takes it from a process that dies.
        door = os.open(server.data, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(door, fcntl.LOCK_SH)
        atexit.register(_leave, server, door, os.getpid())
        server.start()
    return server.url


def _leave(server: Server, door: int, owner: int) -> None:
    """Stop `server`, unless others use it."""
    if os.getpid() != owner:
        return  # a forked worker inherits this function, but not the duty
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    server.stop()


@contextmanager
def _alone_in(folder: Path) -> Iterator[int]:
    """Let one process at a time create or start servers in `folder`; gives what holds the lock."""
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _exit_on_sigterm() -> None:
    """Let SIGTERM run the exit functions too, until gunicorn installs handlers of its own."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
