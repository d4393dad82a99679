"""`flask telegram ...`: the webhook, what keeps payments from coming in, the reconciliation."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, TypedDict

import click

from stars.commands.command import CommandGroup, live_payments, request_id, service
from stars.commands.output import show_record, show_table
from stars.commands.parameters import as_json
from stars.domain import items as catalogue
from stars.live import reconcile, transactions
from stars.live.telegram import UPDATES, TelegramError

WEBHOOK = "/api/v1/purchase/webhook"
FRESH = 3600  # seconds: an older error of the webhook is history
SET_AGAIN = "flask telegram webhook set"

telegram = CommandGroup("telegram", help="Set and check the webhook, and reconcile with Telegram.")
webhook = CommandGroup("webhook", help="Say where Telegram sends what happens.")
telegram.add_command(webhook)


class Problem(TypedDict):
    """Something that keeps payments from coming in, and what to do about it."""

    problem: str
    cure: str


@telegram.command("reconcile")
@as_json
def run_reconcile(as_json: bool) -> None:
    """Compare all payments with Telegram's own list.

    What was left half-way is ended. Exit code 1 if anything is unexplained.
    """
    report = reconcile.reconcile(service().db, live_payments().telegram, request_id=request_id())
    if as_json:
        click.echo(json.dumps(document_of(report), ensure_ascii=False))
    else:
        show_report(report)
    if not report.is_clean:
        sys.exit(1)


def document_of(report: reconcile.Report) -> dict[str, Any]:
    """Return a report as a machine reads it."""
    return {
        **asdict(report.counts),
        "unexplained": [asdict(one) for one in report.unexplained],
        "telegram": report.trouble,
    }


def show_report(report: reconcile.Report) -> None:
    """Print a report: what was done on stdout, what is left to look at on stderr."""
    counts = asdict(report.counts) | {"unexplained": len(report.unexplained)}
    click.echo(", ".join(f"{name} {count}" for name, count in counts.items()))
    for one in report.unexplained:
        click.echo(f"  {one.transaction_id}  {one.amount} Stars  {one.problem}", err=True)
    if report.trouble:
        click.echo(f"  not all was done: {report.trouble}", err=True)


@telegram.command("explain")
@click.argument("transaction_id")
@click.argument("why")
def explain(transaction_id: str, why: str) -> None:
    """Say what an unexplained transaction is.

    Reconcile will not name it again.
    """
    if not transactions.explain(service().db, transaction_id=transaction_id, explanation=why):
        raise click.ClickException("Telegram has listed no such transaction.")


@webhook.command("set")
def set_webhook() -> None:
    """Have Telegram send updates to PUBLIC_URL.

    It sends the webhook's secret with them, and only what this service needs.
    """
    api = live_payments().telegram
    address = webhook_url()
    secret = service().settings.telegram_webhook_secret or ""
    api.set_webhook(url=address, secret=secret)
    click.echo(f"Telegram sends {' and '.join(UPDATES)} to {address}")


@webhook.command("info")
@as_json
def show_webhook(as_json: bool) -> None:
    """Show what Telegram knows of the webhook."""
    show_record(live_payments().telegram.webhook_info(), as_json=as_json)


@webhook.command("delete")
def delete_webhook() -> None:
    """Have Telegram send nothing.

    It keeps what happens for a day; reconcile finds what is lost.
    """
    live_payments().telegram.delete_webhook()
    click.echo("Telegram sends nothing any more.")


@telegram.command("check")
@as_json
def check(as_json: bool) -> None:
    """Find what keeps payments from coming in.

    Exit code 1 with each problem and its cure.
    """
    found = list(problems())
    show_table(found, ["problem", "cure"], as_json=as_json, if_none="Live payments can be taken.")
    if found:
        sys.exit(1)


def webhook_url() -> str:
    """Return where Telegram is to send. Raises ClickException without PUBLIC_URL."""
    public_url = service().settings.public_url
    if not public_url:
        raise click.ClickException(
            "PUBLIC_URL is not set: it has to be the https address of this service."
        )
    return public_url + WEBHOOK


def problems() -> Iterator[Problem]:
    """Yield what keeps payments from coming in; nothing more when Telegram does not answer."""
    api = live_payments().telegram
    try:
        api.call("getMe")
        info = api.webhook_info()
    except TelegramError as error:
        yield unreachable(error)
        return
    yield from misdirected(info)
    yield from undelivered(info)
    if not any(item["active"] for item in catalogue.find(service().db)):
        yield Problem(problem="nothing is for sale", cure="flask items import FILE.json")


def unreachable(error: TelegramError) -> Problem:
    """Return the problem that Telegram answered with an error, or not at all."""
    if error.refused:
        cure = "take TELEGRAM_BOT_TOKEN from @BotFather"
    else:
        cure = "look at TELEGRAM_API_URL and the network"
    return Problem(problem=str(error), cure=cure)


def misdirected(info: dict[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the webhook that Telegram has in `info`."""
    address = webhook_url()
    if info["url"] != address:
        known = info["url"] or "not set"
        yield Problem(problem=f"the webhook is {known}, not {address}", cure=SET_AGAIN)
    sent = info.get("allowed_updates") or UPDATES
    lacking = sorted(set(UPDATES) - set(sent))
    if lacking:
        yield Problem(problem=f"Telegram does not send {', '.join(lacking)}", cure=SET_AGAIN)


def undelivered(info: dict[str, Any]) -> Iterator[Problem]:
    """Yield what Telegram tells in `info` of updates that did not arrive."""
    error = info.get("last_error_message")
    age = time.time() - info.get("last_error_date", 0)
    if error and age < FRESH:
        cure = "see that PUBLIC_URL is reachable, look into the logs"
        if "401" in error:
            cure = f"the secret differs: {SET_AGAIN}"
        yield Problem(problem=f"the last delivery failed: {error}", cure=cure)
    waiting = info.get("pending_update_count", 0)
    if waiting:
        yield Problem(
            problem=f"{waiting} updates are waiting",
            cure="wait a minute; if they stay, mend what is named above",
        )
