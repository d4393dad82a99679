"""`flask telegram balance`: where the bot's Stars came from, where they went, what is left."""

import sys
from collections import Counter
from datetime import timedelta

import click
from flask.cli import with_appcontext

from stars.commands.command import Command, live_payments, request_id, service
from stars.commands.output import aligned, joined, show_json
from stars.commands.parameters import as_json
from stars.domain.amounts import plain_stars, stars
from stars.live import balance
from stars.live.balance import COLUMNS, Balance, Line, cells
from stars.live.reconcile import read_transactions

EXPIRES_WITHIN = (30, 90, 365)  # days


@click.command("balance", cls=Command)
@click.option("--by", type=click.Choice(["day", "month"]), help="A line for each.")
@click.option("--csv", "as_csv", is_flag=True, help="The lines, for a spreadsheet.")
@as_json
@with_appcontext
def show_balance(by: str | None, as_csv: bool, as_json: bool) -> None:
    """Show what moved the bot's balance, and hold it against what Telegram says it is.

    Exit code 1 if they differ by more than what Telegram does not list yet.
    """
    if as_csv and as_json:
        raise click.UsageError("Choose one of --csv and --json.")
    found = look()
    lines = found.lines(by_month=by == "month")
    if as_json:
        show_json(document_of(found, lines if by else []))
    elif as_csv:
        for row in balance.spreadsheet(lines):
            click.echo(row, nl=False)
    else:
        show_sums(found)
        if by:
            show_lines(lines)
    if found.unexplained:
        sys.exit(1)


def look() -> Balance:
    """Read the rest of Telegram's list, ask for the balance, and return all of it.

    Raises:
        TelegramError: Telegram told no more.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    here = service()
    api = live_payments().telegram
    read_transactions(here.db, api, request_id=request_id(), tally=Counter())
    balance.ask(here.db, api)
    return balance.read(here.db, bot_id=api.bot_id, unhurried=True)


def document_of(found: Balance, lines: list[Line]) -> dict[str, object]:
    """Return a balance as a machine reads it: amounts are decimal numbers of Stars, as text."""
    return {
        "told": None if found.told is None else plain_stars(found.told),
        "told_at": found.told_at,
        "listed": plain_stars(found.listed),
        "difference": plain_stars(found.difference),
        "unlisted_sold": plain_stars(found.unlisted_sold),
        "unlisted_refunded": plain_stars(found.unlisted_refunded),
        "unexplained": plain_stars(found.unexplained),
        "by_kind": {kind: plain_stars(sum_) for kind, sum_ in found.by_kind().items()},
        "available": plain_stars(found.available),
        "held": plain_stars(found.held),
        "expires_within_days": {
            str(days): plain_stars(expiring(found, days)) for days in EXPIRES_WITHIN
        },
        "lines": [dict(zip(COLUMNS, cells(line), strict=True)) for line in lines],
    }


def expiring(found: Balance, days: int) -> int:
    """Return what is lost within so many days unless it is taken out."""
    return found.expiring(until=balance.today() + timedelta(days=days))


def show_sums(found: Balance) -> None:
    """Print a balance for a person."""
    rows = [[kind.replace("_", " "), stars(sum_)] for kind, sum_ in found.by_kind().items()]
    rows.append(["by Telegram's list", stars(found.listed)])
    if found.told is not None:
        rows.append(["by Telegram's word", stars(found.told)])
    if found.difference:
        rows.append(["sold, not listed yet", stars(found.unlisted_sold)])
        rows.append(["refunded, not listed yet", stars(found.unlisted_refunded)])
        rows.append(["unexplained", stars(found.unexplained)])
    rows.append(["can be taken out", stars(found.available)])
    rows.append(["held for 21 days", stars(found.held)])
    for days in EXPIRES_WITHIN:
        rows.append([f"expires within {days} days", stars(expiring(found, days))])
    for line in aligned(rows, str.rjust):
        click.echo(joined(line))


def show_lines(lines: list[Line]) -> None:
    """Print a table of days or months."""
    rows = [list(COLUMNS), *(cells(line) for line in lines)]
    heading, *others = aligned(rows, str.rjust)
    click.echo()
    click.echo(click.style(joined(heading), dim=True))
    for line in others:
        click.echo(joined(line))
