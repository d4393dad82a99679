"""The console of live mode: `flask items ...` and `flask telegram ...`."""

import json
import sys
import time
from dataclasses import asdict
from typing import Any, TextIO

import click

from stars.commands.cli import (
    Console,
    as_json,
    live_payments,
    possible,
    request_id,
    service,
    show,
    show_one,
)
from stars.domain import items as catalogue
from stars.domain.service import Service
from stars.live import reconcile, transactions
from stars.live.telegram import UPDATES, Telegram, TelegramError

WEBHOOK = "/api/v1/purchase/webhook"
FRESH = 3600  # seconds: an older error of the webhook's is history

items = Console(
    "items",
    help="What is for sale: live mode sells nothing else, nor the mock once there is an item.",
)
telegram = Console(
    "telegram", help="The webhook, its health, and the reconciliation with Telegram."
)
webhook = Console("webhook", help="Where Telegram sends what happens.")
telegram.add_command(webhook)


@items.command("import")
@click.argument("file", type=click.File(encoding="utf-8"), metavar="FILE.json")
def import_items(file: TextIO) -> None:
    """Add or change the items of a JSON list: item_id, title, description, price_stars, purchase_type, photo_url, active."""
    try:
        document = json.load(file)
    except ValueError as broken:
        raise catalogue.CatalogueError(f"nothing was imported: {broken}") from broken
    new, changed = catalogue.import_items(service().db, document)
    click.echo(f"{new} new, {changed} changed, {len(document) - new - changed} as they were.")


@items.command("list")
@as_json
def list_items(as_json: bool) -> None:
    """List all items."""
    columns = ["item_id", "active", "price_stars", "purchase_type", "title", "description"]
    show(catalogue.find(service().db), columns, as_json, "No items.")


@items.command("deactivate")
@click.argument("item_id", metavar="ID", callback=possible)
def deactivate_item(item_id: str) -> None:
    """Take one item off sale. What was invoiced before can still be paid."""
    catalogue.deactivate(service().db, item_id)
    click.echo(f"{item_id} is not for sale any more.")


@telegram.command("reconcile")
@as_json
def run_reconcile(as_json: bool) -> None:
    """End what was left half-way, and hold all against Telegram's list. Exit 1 if anything is unexplained."""
    report = reconcile.reconcile(service().db, live_payments().telegram, request_id=request_id())
    if as_json:
        document = {
            **asdict(report.counts),
            "unexplained": [asdict(one) for one in report.unexplained],
            "telegram": report.trouble,
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        print_report(report)
    if not report.is_clean:
        sys.exit(1)


def print_report(report: reconcile.Report) -> None:
    """Print a report for a person: what was done on stdout, what is left to look at on stderr."""
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
    """Say what a transaction is that reconcile calls unexplained; it will not name it again."""
    if not transactions.explain(service().db, transaction_id=transaction_id, explanation=why):
        raise click.ClickException("Telegram has listed no such transaction.")


@webhook.command("set")
def set_webhook() -> None:
    """Have Telegram send to PUBLIC_URL, with the secret, what this service needs."""
    here = service()
    live_payments().telegram.set_webhook(
        url=webhook_url(here), secret=here.settings.telegram_webhook_secret or ""
    )
    click.echo(f"Telegram sends {' and '.join(UPDATES)} to {webhook_url(here)}")


@webhook.command("info")
@as_json
def show_webhook(as_json: bool) -> None:
    """Show what Telegram knows of the webhook."""
    show_one(live_payments().telegram.webhook_info(), as_json)


@webhook.command("delete")
def delete_webhook() -> None:
    """Have Telegram send nothing. It keeps what happens for a day; reconcile finds what is lost."""
    live_payments().telegram.delete_webhook()
    click.echo("Telegram sends nothing any more.")


@telegram.command("check")
@as_json
def check(as_json: bool) -> None:
    """Look at all that live payments need; exit 1 with each problem and its cure."""
    here, telegram_api = service(), live_payments().telegram
    found = [{"problem": problem, "cure": cure} for problem, cure in problems(here, telegram_api)]
    show(found, ["problem", "cure"], as_json, "Live payments can be taken.")
    if found:
        sys.exit(1)


def webhook_url(here: Service) -> str:
    """Where Telegram is to send. Raises ClickException without PUBLIC_URL."""
    if not here.settings.public_url:
        raise click.ClickException(
            "PUBLIC_URL is not set: it has to be the https address of this service."
        )
    return here.settings.public_url + WEBHOOK


def problems(here: Service, telegram_api: Telegram) -> list[tuple[str, str]]:
    """What keeps payments from coming in, each with what to do about it."""
    try:
        telegram_api.call("getMe")
        info: dict[str, Any] = telegram_api.webhook_info()
    except TelegramError as failed:
        cure = (
            "take TELEGRAM_BOT_TOKEN from @BotFather"
            if failed.refused
            else "look at TELEGRAM_API_URL and the network"
        )
        return [(str(failed), cure)]
    again, found = "flask telegram webhook set", []
    if info["url"] != webhook_url(here):
        found.append((f"the webhook is {info['url'] or 'not set'}, not {webhook_url(here)}", again))
    if lacking := set(UPDATES) - set(info.get("allowed_updates") or UPDATES):
        found.append((f"Telegram does not send {', '.join(sorted(lacking))}", again))
    error = info.get("last_error_message")
    if error and time.time() - info.get("last_error_date", 0) < FRESH:
        cure = (
            f"the secret differs: {again}"
            if "401" in error
            else "see that PUBLIC_URL is reachable, look into the logs"
        )
        found.append((f"the last delivery failed: {error}", cure))
    if waiting := info.get("pending_update_count", 0):
        found.append(
            (
                f"{waiting} updates are waiting",
                "wait a minute; if they stay, mend what is named above",
            )
        )
    if not any(item["active"] for item in catalogue.find(here.db)):
        found.append(("nothing is for sale", "flask items import FILE.json"))
    return found
