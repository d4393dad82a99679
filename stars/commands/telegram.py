"""`flask telegram ...`: the webhook, what keeps payments from coming in, the reconciliation."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from stars.commands.balance import show_balance
from stars.commands.command import CommandGroup, live_payments, request_id, service
from stars.commands.output import show_record, show_table
from stars.commands.parameters import as_json
from stars.domain import items as catalogue
from stars.domain.health import Problem
from stars.live import health, transactions
from stars.live import webhook as webhooks
from stars.live.reconcile import Report
from stars.live.telegram import TelegramError

telegram = CommandGroup("telegram", help="Set and check the webhook, and reconcile with Telegram.")
webhook = CommandGroup("webhook", help="Say where Telegram sends what happens.")
telegram.add_command(webhook)
telegram.add_command(show_balance)


@telegram.command("reconcile")
@click.option(
    "--repair", is_flag=True, help="Set the webhook again if it is not where it should be."
)
@as_json
def run_reconcile(repair: bool, as_json: bool) -> None:
    """Compare all payments with Telegram's own list, and look for what stops sales.

    What was left half-way is ended. Exit code 1 if anything is unexplained or stops sales. Have it
    run every five minutes.
    """
    if repair:
        webhook_url()
    report = live_payments().reconcile(request_id=request_id(), repair=repair)
    if as_json:
        click.echo(json.dumps(document_of(report), ensure_ascii=False))
    else:
        show_report(report)
    if not report.is_clean:
        sys.exit(1)


def document_of(report: Report) -> dict[str, Any]:
    """Return a report as a machine reads it."""
    return {
        **asdict(report.counts),
        "unexplained": [asdict(one) for one in report.unexplained],
        "health": [
            {"name": check.name, **asdict(check.problem)}
            for check in report.health
            if check.problem
        ],
        "repaired": ["webhook"] if report.is_repaired else [],
        "telegram": report.trouble,
    }


def show_report(report: Report) -> None:
    """Print a report: what was done on stdout, what is left to look at on stderr."""
    counts = asdict(report.counts) | {"unexplained": len(report.unexplained)}
    click.echo(", ".join(f"{name} {count}" for name, count in counts.items()))
    if report.is_repaired:
        click.echo("  the webhook was not in order, and was set again")
    for one in report.unexplained:
        click.echo(f"  {one.transaction_id}  {one.amount} Stars  {one.problem}", err=True)
    for check in report.health:
        if check.problem:
            problem = check.problem
            click.echo(f"  {check.name}: {problem.problem}: {problem.cure}", err=True)
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

    It sends the webhook's secret with them, and what this service needs beside what it sends now.
    """
    payments = live_payments()
    if payments.webhook.is_theirs:
        raise click.ClickException(
            "RELAYED_UPDATES is set: the shop's own bot keeps its webhook, or polls."
        )
    address = webhook_url()
    updates = webhooks.claim(payments.telegram, payments.webhook, url=address)
    kinds = " and ".join(updates) or "all that it sends by default"
    click.echo(f"Telegram sends {kinds} to {address}")


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
    found = [asdict(problem) for problem in problems()]
    show_table(found, ["problem", "cure"], as_json=as_json, if_none="Live payments can be taken.")
    if found:
        sys.exit(1)


def webhook_url() -> str:
    """Return where Telegram is to send. Raises ClickException without PUBLIC_URL."""
    url = live_payments().webhook.url
    if url is None:
        raise click.ClickException(
            "PUBLIC_URL is not set: it has to be the https address of this service."
        )
    return url


def problems() -> Iterator[Problem]:
    """Yield what keeps payments from coming in; nothing more when Telegram does not answer."""
    payments = live_payments()
    if payments.webhook.url is None and not payments.webhook.is_theirs:
        yield Problem(
            problem="PUBLIC_URL is not set", cure="set it to this service's https address"
        )
    try:
        payments.telegram.call("getMe")
        info = payments.telegram.webhook_info()
    except TelegramError as error:
        yield health.unreachable(error)
        return
    yield from webhooks.misdirections(info, payments.webhook)
    failed = webhooks.failed_delivery(info, payments.webhook)
    if failed:
        yield failed
    waiting = webhooks.waiting_updates(info)
    if waiting:
        yield Problem(
            problem=f"{waiting} updates are waiting",
            cure="wait a minute; if they stay, mend what is named above",
        )
    if not any(item["active"] for item in catalogue.find(service().db)):
        yield Problem(problem="nothing is for sale", cure="flask items import FILE.json")
