"""The console: `flask purchase ...` and `flask db ...`. Exit 0 done, 1 refused (why, on stderr), 2 usage."""

import json
import logging
import sys
import uuid
from typing import Any

import click
import psycopg
from flask import Flask
from flask.cli import AppGroup

from stars import embedded, logs, migrate, purchases, schemas
from stars.db import Database, queries
from stars.errors import Refusal
from stars.http import service

COLOURS = {"succeeded": "green", "pending": "yellow", "failed": "red"}
WIRE = schemas.PurchaseAnswer()
CONTRADICTION = ["purchase_id", "version", "problem"]


class Console(AppGroup):
    """A group whose commands say in one line why they refuse, and log to stderr: stdout is for their answer."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run one command, under a request id of its own."""
        logs.configure(logging.getLogger().level, sys.stderr)
        logs.request_id.set(f"console-{uuid.uuid4().hex}")
        try:
            return super().invoke(ctx)
        except (Refusal, embedded.EmbeddedUnavailable, migrate.MigrationError, psycopg.Error) as no:
            raise click.ClickException(str(no)) from no


class PurchaseId(click.ParamType):
    """A purchase_id, or a usage error."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take what can be a purchase_id."""
        if not schemas.IDENTIFIER.fullmatch(value):
            self.fail("a purchase_id is 1-64 of A-Za-z0-9._:-", param, ctx)
        return str(value)


purchase = Console("purchase", help="Look at purchases, and mark one failed.")
db = Console("db", help="Migrate the database, and check what it must keep.")
purchase_id = click.argument("purchase_id", metavar="ID", type=PurchaseId())
as_json = click.option("--json", "as_json", is_flag=True, help="For machines.")


def install(app: Flask) -> None:
    """Make the commands known to `flask`."""
    app.cli.add_command(purchase)
    app.cli.add_command(db)


def database() -> Database:
    """The database, until the command ends."""
    found = service().db
    click.get_current_context().call_on_close(found.close)
    return found


def show_json(document: Any) -> None:
    """Print for a machine."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def show_table(head: list[str], rows: list[list[str]]) -> None:
    """Print for a person: columns as wide as they need, statuses in colour on a terminal."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in [head, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        coloured = [click.style(cell, fg=COLOURS.get(cell.strip()), dim=row is head) for cell in cells]
        click.echo("  ".join(coloured).rstrip())


def show_purchase(found: purchases.Purchase, as_json: bool) -> None:
    """Print one purchase."""
    wire = WIRE.dump(found)
    if as_json:
        show_json(wire)
    else:
        show_table(["", ""], [[name, plain(value)] for name, value in wire.items()])


def plain(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@purchase.command("show")
@purchase_id
@as_json
def show(purchase_id: str, as_json: bool) -> None:
    """Show one purchase."""
    show_purchase(purchases.get(database(), purchase_id=purchase_id), as_json)


@purchase.command("list")
@click.option("--status", type=click.Choice(list(COLOURS)))
@click.option("--user", metavar="ID", help="Only this user's.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@as_json
def list_(status: str | None, user: str | None, limit: int, as_json: bool) -> None:
    """List purchases, newest first."""
    found = [WIRE.dump(one) for one in purchases.find(database(), status=status, user_id=user, limit=limit)]
    if as_json:
        show_json(found)
    elif found:
        columns = ["purchase_id", "status", "price_stars", "item_id", "purchase_type", "user_id", "mode", "created_at"]
        show_table(columns, [[plain(one[name]) for name in columns] for one in found])
    else:
        click.echo("No purchases.")


@purchase.command("events")
@purchase_id
@as_json
def events(purchase_id: str, as_json: bool) -> None:
    """Show what happened to one purchase, oldest first."""
    found = schemas.EventAnswer(many=True).dump(purchases.history(database(), purchase_id=purchase_id))
    if as_json:
        show_json(found)
    else:
        columns = ["version", "created_at", "event_type", "request_id", "payload"]
        show_table(columns, [[plain(one[name]) for name in columns] for one in found])


@purchase.command("fail")
@purchase_id
@as_json
def fail(purchase_id: str, as_json: bool) -> None:
    """Mark one purchase failed. A live one that succeeded is refused: its Stars would have to be refunded."""
    request_id = logs.request_id.get()
    assert request_id is not None
    outcome = purchases.mark_failed(database(), purchase_id=purchase_id, request_id=request_id)
    if not as_json:
        click.echo("It was failed already; nothing changed." if outcome.replayed else f"Was {outcome.previous_status}.")
    show_purchase(outcome.purchase, as_json)


@db.command("migrate")
def migrate_() -> None:
    """Apply the migrations this database lacks. Safe to run at any time, also twice at once."""
    applied = migrate.migrate(database())
    for migration in applied:
        click.echo(f"applied {migration.name}")
    if not applied:
        click.echo("nothing to apply")


@db.command("status")
@as_json
def status(as_json: bool) -> None:
    """List the migrations of this release, and when this database took them."""
    found = [
        {"migration": one.name, "applied_at": one.applied_at and one.applied_at.isoformat()}
        for one in migrate.status(database())
    ]
    if as_json:
        show_json(found)
    else:
        show_table(["migration", "applied_at"], [[plain(one["migration"]), plain(one["applied_at"])] for one in found])


@db.command("check")
@as_json
def check(as_json: bool) -> None:
    """Prove that every purchase is where its history leads; exit 1 with the rows where it is not."""
    with database().unhurried_transaction() as conn:
        found = list(queries.find_contradictions(conn))
    if as_json:
        show_json([dict(zip(CONTRADICTION, row, strict=True)) for row in found])
    elif found:
        show_table(CONTRADICTION, [[plain(value) for value in row] for row in found])
    else:
        click.echo("Every purchase is where its history leads.")
    if found:
        sys.exit(1)

