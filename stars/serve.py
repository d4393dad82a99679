"""gunicorn's settings, for `gunicorn -c python:stars.serve app:app`."""

import logging
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker
from psycopg.conninfo import conninfo_to_dict

from stars import logs
from stars.config import THREADS, settings_or_exit
from stars.database import embedded

settings = settings_or_exit()
logs.configure(settings.log_level)
if settings.database_url is None:
    try:  # here, in the process that ends last; the app reads the address next
        os.environ["DATABASE_URL"] = embedded.start()
    except embedded.EmbeddedUnavailable as unavailable:
        sys.exit(str(unavailable))
    DATABASE = f"{embedded.DATA}/ (an embedded PostgreSQL, which stops with the service)"
else:
    target = conninfo_to_dict(settings.database_url)
    DATABASE = (
        f"PostgreSQL at {target.get('host', 'localhost')}, database {target.get('dbname', '')}"
    )
METRICS = (
    None if "PROMETHEUS_MULTIPROC_DIR" in os.environ else tempfile.mkdtemp(prefix="stars-metrics-")
)
if METRICS:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = METRICS


class JsonLogger(Logger):
    """Lets gunicorn's own lines go the way of all others. Each request has a line of ours: no access log."""

    def setup(self, cfg: Any) -> None:
        """Add no handler: ours sits at the root."""
        self.cfg = cfg
        self.error_log.propagate = True


class PatientWorker(ThreadWorker):
    """On SIGTERM finishes what is under way, but does not wait 25 s for clients that say nothing more."""

    LINGER = 1.0  # seconds in which an idle kept-alive connection may still send a request, and gets its answer

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for requests; while stopping in short steps, for each idle connection no longer than it may linger."""
        if not self.alive:
            timeout = min(timeout, self.LINGER / 4)
            for connection in self.keepalived_conns:
                connection.timeout = min(connection.timeout, time.monotonic() + self.LINGER)
        super().wait_for_and_dispatch_events(timeout)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End at once, on Ctrl-C. The parent's takes a lock here that the main thread it interrupts may hold."""
        sys.exit(0)

    def is_parent_alive(self) -> bool:
        """Whether gunicorn's master is there; without it, stop as on SIGTERM."""
        there = bool(super().is_parent_alive())
        self.alive: bool = self.alive and there
        return there


bind = f"{settings.host}:{settings.port}"
workers = settings.workers
worker_class = PatientWorker  # gthread: measured in benchmarks/ against sync and gevent; the README has the figures
threads = THREADS
logger_class = JsonLogger
preload_app = (
    True  # one copy of the code in memory, and a mistake in it ends the start instead of looping
)
graceful_timeout = 25  # seconds; the platform kills 30 s after SIGTERM
timeout = 30  # the platform's router cuts at 30 s, whatever we do
keepalive = (
    5 if settings.app_env == "development" else 100
)  # longer than the 90 s that Heroku's router keeps one
worker_tmp_dir = (
    "/dev/shm" if Path("/dev/shm").is_dir() else None
)  # a heartbeat must not wait for a disk
forwarded_allow_ips = (
    "127.0.0.1,::1" if settings.app_env == "development" else "*"
)  # only the router reaches a dyno
control_socket_disable = True


def on_starting(_server: Any) -> None:
    """Say what starts, for whoever reads the logs later."""
    about = {"mode": settings.mode, "app_env": settings.app_env, "bind": bind, "database": DATABASE}
    logging.getLogger("stars.serve").info("starting", extra=about)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the gauges of a worker that is gone; its counts stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """Leave nothing behind, and a folder that somebody else gave as it is."""
    if METRICS:
        shutil.rmtree(METRICS, ignore_errors=True)
