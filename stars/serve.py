"""gunicorn's settings, for `gunicorn -c python:stars.serve app:app`."""

from gevent import monkey

# Before psycopg is imported, which looks once how to wait. Forking, signals and waiting for child
# processes are left as they are: gunicorn's master does that by itself.
monkey.patch_all(os=False, signal=False, subprocess=False)

import logging
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger
from psycopg.conninfo import conninfo_to_dict

from stars import logs
from stars.config import settings_or_exit
from stars.database import embedded
from stars.metric_files import FOLDER, MetricFiles, make_folder
from stars.server.worker import Worker

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
METRICS = None if FOLDER in os.environ else make_folder()
if METRICS:
    os.environ[FOLDER] = METRICS
metric_files = MetricFiles(os.environ.get(FOLDER))


class JsonLogger(Logger):
    """Lets gunicorn's own lines go the way of all others. Each request has a line of ours."""

    def setup(self, cfg: Any) -> None:
        """Add no handler: ours sits at the root."""
        self.cfg = cfg
        self.error_log.propagate = True


in_development = settings.app_env == "development"

bind = settings.listening_on
workers = settings.workers
worker_class = Worker
logger_class = JsonLogger
# One copy of the code in memory, and a mistake in it ends the start instead of looping.
preload_app = True
graceful_timeout = 25  # seconds; the platform kills 30 s after SIGTERM
timeout = 30  # seconds; the platform's router cuts at 30 s, whatever we do
# Seconds; Heroku's router keeps a connection for 90, and must not be the second to let go of it.
keepalive = 5 if in_development else 100
# A heartbeat must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
# On a platform nobody but its router reaches the service.
forwarded_allow_ips = "127.0.0.1,::1" if in_development else "*"
forwarder_headers = ""  # a header cannot say what the path is
secure_scheme_headers: dict[str, str] = {}  # stars.web.forwarded reads them, and refuses nobody
control_socket_disable = True


def on_starting(_server: Any) -> None:
    """Say what starts, for whoever reads the logs later."""
    metric_files.merge_ended()
    about = {"mode": settings.mode, "app_env": settings.app_env, "bind": bind, "database": DATABASE}
    logging.getLogger("stars.serve").info("starting", extra=about)


def post_fork(_server: Any, _worker: Worker) -> None:
    """Leave the prefix of paths to the app, which knows it: gunicorn would refuse all others."""
    os.environ.pop("SCRIPT_NAME", None)


def child_exit(_server: Any, worker: Worker) -> None:
    """Forget the connections of a worker that is gone; its counts stay."""
    worker.share.free()
    metric_files.merge_ended()


def on_exit(_server: Any) -> None:
    """Leave nothing behind, and a folder that somebody else gave as it is."""
    if METRICS:
        shutil.rmtree(METRICS, ignore_errors=True)
