"""The console: `flask purchase ...`, `flask funnel` and `flask db ...`. Exit 0 done, 1 refused (why, on stderr), 2 usage."""

import json
import logging
import random
import secrets
import sys
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import click
import psycopg
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from marshmallow import ValidationError

from stars import logs
from stars.database import embedded, migrate
from stars.database.queries import queries
from stars.domain import funnel, items, purchases
from stars.domain.events import history
from stars.domain.service import Service
from stars.domain.types import ANYBODY
from stars.errors import Refusal, StarsDisabled
from stars.live import refunds
from stars.live.payments import LivePayments
from stars.live.telegram import TelegramError
from stars.schemas import values
from stars.schemas.funnel import DIMENSIONS

COLOURS = {"succeeded": "green", "pending": "yellow", "failed": "red", "refunded": "magenta"}
SEEDED_AT_ONCE = 10_000  # in one statement: a fraction of a second, so the progress shown moves


class Command(click.Command):
    """A command that says in one line why it refuses, and logs to stderr: stdout is for its answer."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run one command, under a request id of its own."""
        logs.configure(logging.getLogger().level, sys.stderr)
        logs.request_id.set(f"console-{uuid.uuid4().hex}")
        try:
            return super().invoke(ctx)
        except (
            Refusal,
            TelegramError,
            items.CatalogueError,
            embedded.EmbeddedUnavailable,
            migrate.MigrationError,
            psycopg.Error,
        ) as no:
            raise click.ClickException(str(no)) from no


class Console(Command, AppGroup):
    """A group of such commands."""


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


def possible(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """An id that a purchase or a user can have, or a usage error."""
    if value is not None and not values.IDENTIFIER.fullmatch(value):
        raise click.BadParameter("an id is 1-64 of A-Za-z0-9._:-")
    return value


def moment(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime | None:
    """A moment as the API takes it, or a usage error."""
    try:
        return cast(datetime, values.Moment("").deserialize(value)) if value is not None else None
    except ValidationError as wrong:
        raise click.BadParameter(" ".join(wrong.messages)) from None


purchase = Console("purchase", help="Look at purchases, mark one failed, refund one.")
db = Console("db", help="Migrate the database, and check what it must keep.")
purchase_id = click.argument("purchase_id", metavar="ID", callback=possible)
as_json = click.option("--json", "as_json", is_flag=True, help="For machines.")


def show(
    rows: Sequence[Mapping[str, Any]], columns: list[str], as_json: bool, if_none: str
) -> None:
    """Print rows: for a machine all of each; for a person these columns, statuses in colour on a terminal."""
    if as_json:
        return click.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
    if not rows:
        return click.echo(if_none)
    table = [columns, *([plain(row[name]) for name in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = [cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=False)] + line[
            -1:
        ]
        click.echo(click.style("  ".join(map(coloured, cells)), dim=line is columns))


def show_one(row: Mapping[str, Any], as_json: bool) -> None:
    """Print one row: for a person a line a field."""
    if as_json:
        return click.echo(json.dumps(row, indent=2, ensure_ascii=False))
    for name, value in row.items():
        click.echo(
            f"{click.style(name.ljust(max(map(len, row))), dim=True)}  {coloured(plain(value))}"
        )


def plain(value: Any) -> str:
    """A value as a person reads it."""
    return (
        json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict)
        else "-"
        if value is None
        else str(value)
    )


def coloured(cell: str) -> str:
    """A status in its colour, on a terminal; anything else as it is."""
    return click.style(cell, fg=COLOURS.get(cell.strip()))


@purchase.command("show")
@purchase_id
@as_json
def show_purchase(purchase_id: str, as_json: bool) -> None:
    """Show one purchase."""
    show_one(purchases.get(service().db, purchase_id=purchase_id, owner=ANYBODY), as_json)


@purchase.command("list")
@click.option("--status", type=click.Choice(list(COLOURS)))
@click.option("--user", metavar="ID", callback=possible, help="Only this user's.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@as_json
def list_purchases(status: str | None, user: str | None, limit: int, as_json: bool) -> None:
    """List purchases, newest first."""
    columns = [
        "purchase_id",
        "status",
        "price_stars",
        "item_id",
        "purchase_type",
        "user_id",
        "mode",
        "created_at",
    ]
    show(
        purchases.find(service().db, status=status, user_id=user, limit=limit),
        columns,
        as_json,
        "No purchases.",
    )


@purchase.command("events")
@purchase_id
@as_json
def list_events(purchase_id: str, as_json: bool) -> None:
    """Show what happened to one purchase, oldest first."""
    columns = ["version", "created_at", "event_type", "request_id", "payload"]
    show(history(service().db, purchase_id=purchase_id, owner=ANYBODY), columns, as_json, "")


@purchase.command("fail")
@purchase_id
@as_json
def fail_purchase(purchase_id: str, as_json: bool) -> None:
    """Mark one purchase failed. A live one that succeeded is refused: its Stars would have to be refunded."""
    transition = purchases.mark_failed_by_operator(
        service().db, purchase_id=purchase_id, request_id=request_id()
    )
    if transition.event_type:
        said = f"It was {transition.previous_status} and is failed now."
    else:
        said = f"It was {transition.purchase['status']} already; nothing changed."
    click.echo(said, err=as_json)
    show_one(transition.purchase, as_json)


@purchase.command("refund")
@purchase_id
@as_json
def refund_purchase(purchase_id: str, as_json: bool) -> None:
    """Give the Stars of a live purchase back. Asked again, it is the same one refund; exit 1 while it is not done."""
    refunded = refunds.refund_purchase(
        service().db,
        live_payments().telegram,
        purchase_id=purchase_id,
        request_id=request_id(),
    )
    show_one(refunded, as_json)


@click.command("funnel", cls=Command)
@click.option(
    "--since", metavar="TIME", callback=moment, help="A day or a moment; a week before --until."
)
@click.option(
    "--until",
    metavar="TIME",
    callback=moment,
    help="Where the window ends, itself not part of it; now.",
)
@click.option("--by", type=click.Choice(DIMENSIONS), help="What to tell apart.")
@as_json
@with_appcontext
def measure_funnel(
    since: datetime | None, until: datetime | None, by: str | None, as_json: bool
) -> None:
    """Count what became of the invoices of a window, against the window before."""
    here = service()
    found = funnel.measure(
        here.db, mode=here.payments.mode, since=since, until=until, by=by, unhurried=True
    )
    if as_json:
        return click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    since, until = (datetime.fromisoformat(found[name]) for name in ("since", "until"))
    click.echo(
        f"Invoices of {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC ({found['mode']}); "
        "beside each, the change from the window before, which is as long.\n"
    )
    counts = ("created", "completed", "failed", "open")
    table = [
        [
            by or "",
            *(cell for name in counts for cell in (name, "")),
            "conversion",
            "",
            "p50",
            "p90",
            "p95",
        ]
    ]
    for key, now in [
        ("total", found["total"]),
        *((group["key"] or "(none)", group) for group in found["groups"]),
    ]:
        before = now["before"]
        table.append(
            [
                key,
                *(
                    cell
                    for name in counts
                    for cell in (str(now[name]), funnel.change(now[name], before[name]))
                ),
                *funnel.share(now["conversion"], before["conversion"]),
                *(funnel.duration(now[name]) for name in ("p50_ms", "p90_ms", "p95_ms")),
            ]
        )
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]
        click.echo(click.style("  ".join(cells), dim=line is table[0], bold=line is table[1]))
    if found["groups_left_out"]:
        click.echo(f"and {found['groups_left_out']} more with fewer invoices")
    most = max(1, *(step["count"] for step in found["histogram"]))
    click.echo(click.style("\nfrom invoice to purchase", dim=True))
    for step in found["histogram"]:
        bar = click.style("\u2588" * round(40 * step["count"] / most), fg="green")
        click.echo(f"{funnel.step_label(step):<18}{step['count']:>8}  {bar}")


@db.command("migrate")
def apply_migrations() -> None:
    """Apply the migrations this database lacks. Safe to run at any time, also twice at once."""
    applied = migrate.migrate(service().db)
    click.echo("\n".join(f"applied {one.name}" for one in applied) or "Nothing to apply.")


@db.command("status")
@as_json
def list_migrations(as_json: bool) -> None:
    """List the migrations of this release, and when this database took them."""
    rows = [
        {"migration": one.name, "applied_at": one.applied_at}
        for one in migrate.status(service().db)
    ]
    show(rows, ["migration", "applied_at"], as_json, "")


@db.command("check")
@as_json
def check(as_json: bool) -> None:
    """Prove that every purchase is where its history leads, and every charge accounted for; exit 1 with what is not."""
    columns = ["purchase_id", "version", "problem"]
    with service().db.unhurried_transaction() as conn:
        rows = [*queries.find_contradictions(conn), *queries.find_unaccounted(conn)]
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    show(found, columns, as_json, "Every purchase is where its history leads.")
    if found:
        sys.exit(1)


@db.command("seed")
@click.argument("count", metavar="N", type=click.IntRange(1, 10_000_000))
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help="Spread over the last days.",
)
@click.option(
    "--seed", type=click.IntRange(0), help="The same for the same number; a new one each time."
)
def seed_purchases(count: int, days: int, seed: int | None) -> None:
    """Make N purchases with made-up histories, to look at and to measure with. Development in mock mode only."""
    here = service()
    if here.settings.app_env != "development" or here.settings.mode != "mock":
        raise click.ClickException("purchases are made up in development and in mock mode only.")
    seed = secrets.randbelow(2**32) if seed is None else seed
    draw, run, now = random.Random(seed), secrets.token_hex(6), datetime.now(UTC)
    with click.progressbar(
        length=count, label=f"Seeding {count} purchases", show_pos=True, file=sys.stderr
    ) as progress:
        for first in range(1, count + 1, SEEDED_AT_ONCE):
            last = min(count, first + SEEDED_AT_ONCE - 1)
            with here.db.unhurried_transaction() as conn:
                queries.set_seed(conn, seed=draw.uniform(-1, 1))
                queries.seed_purchases(
                    conn, run=run, seeded_at=now, days=days, total=count, first=first, last=last
                )
            progress.update(last - first + 1)
    with here.db.unhurried_transaction() as conn:
        conn.execute(
            "ANALYZE purchases, events"
        )  # the planner learns of them now, not when autovacuum comes by
    click.echo(
        f"{count} purchases seed-{run}-1 to seed-{run}-{count} over {days} days; seed {seed}."
    )
