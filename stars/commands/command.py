"""What every `flask` command of the service is: answers on stdout, refuses in one line on stderr.

Exit codes: 0 done, 1 refused, 2 wrong usage (click's own).
"""

import logging
import sys
import uuid
from typing import Any, cast

import click
import psycopg
from flask import current_app
from flask.cli import AppGroup

from stars import logs
from stars.database.embedded import EmbeddedUnavailable
from stars.database.migrate import MigrationError
from stars.domain.items import CatalogueError
from stars.domain.service import Service
from stars.errors import Refusal, StarsDisabled
from stars.live.payments import LivePayments
from stars.live.telegram import TelegramError

LONGEST_SENTENCE = 300
"""Characters. A terminal breaks what is longer than a line."""

REFUSALS = (
    TelegramError,
    CatalogueError,
    EmbeddedUnavailable,
    MigrationError,
    psycopg.Error,
)


class DescribedCommand(click.Command):
    """A command whose group tells the whole of its first sentence: click cuts it in its middle."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence; `limit` is what click would cut it to."""
        return super().get_short_help_str(max(limit, LONGEST_SENTENCE))


class Command(DescribedCommand):
    """A command, run under a request id of its own.

    What the service refuses becomes one line on stderr and exit code 1. Logs go to stderr, too:
    stdout is for the answer.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Raises ClickException with the reason of a refusal."""
        logs.configure(logging.getLogger().level, sys.stderr)
        for handler in logging.getLogger().handlers:
            handler.addFilter(is_not_said_anyway)
        logs.request_id.set(f"console-{uuid.uuid4().hex}")
        try:
            return super().invoke(ctx)
        except Refusal as error:
            raise click.ClickException(error.for_operator) from error
        except REFUSALS as error:
            raise click.ClickException(str(error)) from error


class CommandGroup(Command, AppGroup):
    """A group of commands. What Command promises holds for each of them."""

    command_class = DescribedCommand


def is_not_said_anyway(record: logging.LogRecord) -> bool:
    """Return whether a log line is news.

    Why the database failed is what the command ends with. What it did to a purchase is what it
    answers: a person at a terminal would read that twice, a file of logs has it once.
    """
    if record.name.startswith("stars.database."):
        return False
    is_fact = record.name.startswith("stars.domain.") and record.levelno <= logging.INFO
    return not (is_fact and sys.stderr.isatty())


def service() -> Service:
    """Return the service of the current app."""
    return cast(Service, current_app.extensions["stars"])


def request_id() -> str:
    """Return the id under which this command's events and log lines stand."""
    return logs.request_id.get() or ""


def live_payments() -> LivePayments:
    """Return the payments of live mode. Raises StarsDisabled in other modes."""
    payments = service().payments
    if not isinstance(payments, LivePayments):
        raise StarsDisabled(
            "This is for live mode: TELEGRAM_STARS_ENABLED=true, and MOCK_PAYMENTS not."
        )
    return payments
