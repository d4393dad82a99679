"""gunicorn's settings, for `gunicorn -c python:stars.serve app:app`, and what `python app.py` does before it."""

import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from gunicorn.app import wsgiapp
from gunicorn.glogging import Logger
from psycopg.conninfo import conninfo_to_dict

from stars import embedded, logs, settings_or_exit
from stars.config import THREADS
from stars.db import Database
from stars.errors import Refusal
from stars.migrate import MigrationError, migrate

settings = settings_or_exit()
logs.configure(settings.log_level)
if settings.database_url is None:
    try:
        # Here, in the process that ends last. The app reads the address next.
        os.environ["DATABASE_URL"] = embedded.start()
    except embedded.EmbeddedUnavailable as unavailable:
        sys.exit(str(unavailable))
    DATABASE = f"{embedded.DATA}/, an embedded PostgreSQL that stops with the service"
else:
    target = conninfo_to_dict(settings.database_url)
    DATABASE = f"PostgreSQL at {target.get('host', 'localhost')}, database {target.get('dbname', '')}"

METRICS = os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="stars-metrics-"))


class JsonLogger(Logger):  # type: ignore[misc]
    """Lets gunicorn's own lines go the way of all others: JSON on stdout."""

    def setup(self, cfg: Any) -> None:
        """Add no handler; ours sits at the root. The request lines are ours, too, so there is no access log."""
        self.cfg = cfg
        self.error_log.setLevel(settings.log_level)
        self.error_log.propagate = True


bind = f"{settings.host}:{settings.port}"
workers = settings.workers
worker_class = "gthread"
threads = THREADS
logger_class = JsonLogger
preload_app = True  # one copy of the code in memory; and a mistake in it ends the start instead of looping
timeout = 30  # the platform's router cuts at 30 s, whatever we do
graceful_timeout = 25  # the platform kills 30 s after SIGTERM
keepalive = 5 if settings.app_env == "development" else 100  # longer than the 90 s the router keeps idle connections
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # a heartbeat must not wait for a disk
forwarded_allow_ips = "127.0.0.1,::1" if settings.app_env == "development" else "*"  # only the router reaches a dyno
control_socket_disable = True


def on_starting(_server: Any) -> None:
    """Say what starts, for whoever reads the logs later."""
    logging.getLogger("stars.serve").info("starting", extra={
        "mode": settings.mode, "app_env": settings.app_env, "bind": bind, "database": DATABASE,
    })


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the gauges of a worker that is gone; its counts stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """Leave nothing behind."""
    shutil.rmtree(METRICS, ignore_errors=True)


def run() -> None:
    """What `python app.py` does: migrate, say what is where, then be what the Procfile's web line starts."""
    db = Database(lambda: os.environ["DATABASE_URL"], max_connections=1)
    try:
        migrate(db)
    except (Refusal, MigrationError, psycopg.Error) as no:
        sys.exit(f"the database cannot be migrated: {no}")
    finally:
        db.close()
    print(BANNER, flush=True)
    sys.argv = ["gunicorn", "-c", "python:stars.serve", "app:app"]
    wsgiapp.run()


MODES = {
    "mock": "mock mode: no Star is spent",
    "live": "live mode: real Stars",
    "off": "switched off: set MOCK_PAYMENTS=true for the mock",
}
ADDRESS = settings.public_url or f"http://{settings.host.replace('0.0.0.0', '127.0.0.1')}:{settings.port}"
BANNER = f"""Telegram Stars payments, {MODES[settings.mode]}

  listening  {ADDRESS}    every call to try by hand: {ADDRESS}/docs
  data       {DATABASE}
  try        curl {ADDRESS}/api/v1/purchase/invoice -H 'X-User-Id: alice' \\
               -H 'Content-Type: application/json' \\
               -d '{{"purchase_id": "order-1001", "item_id": "golden-sword", "price_stars": 50}}'
"""
