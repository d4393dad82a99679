"""`flask worker`: sends notifications and runs the periodic tasks, beside the web."""

import os
import signal
import sys
import threading
import time

import click
from flask.cli import with_appcontext

from stars import logs
from stars.commands.command import Command, service
from stars.work.worker import Worker

PARENT_CHECK = 1.0
"""Seconds between looks whether the process that started this one is still there."""


@click.command("worker", cls=Command)
@click.option("--parent", type=int, help="End when this process, which started it, has ended.")
@with_appcontext
def worker(parent: int | None) -> None:
    """Send notifications, reconcile, refund and prune, until SIGTERM or Ctrl-C.

    Run as many as you like: each piece of work is done by one of them at a time.
    """
    here = service()
    logs.configure(here.settings.log_level, sys.stdout)
    running = Worker(here)

    def stop(_number: int, _frame: object) -> None:
        running.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if parent is not None:
        threading.Thread(target=_follow, args=[parent, running], daemon=True).start()
    running.run()


def _follow(parent: int, running: Worker) -> None:
    # Its number is given: it may have ended before this process came to look.
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK)
    running.stop()
