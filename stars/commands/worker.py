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
@click.option("--with-parent", is_flag=True, help="End when the process that started it ends.")
@with_appcontext
def worker(with_parent: bool) -> None:
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
    if with_parent:
        threading.Thread(target=_follow_parent, args=[running], daemon=True).start()
    running.run()


def _follow_parent(running: Worker) -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK)
    running.stop()
