"""`flask db ...`: migrate the database, check it, fill it with made-up purchases."""

import random
import secrets
import sys
from datetime import UTC, datetime

import click

from stars.commands.command import CommandGroup, service
from stars.commands.output import show_table
from stars.commands.parameters import as_json
from stars.database import migrate
from stars.database.queries import queries

SEEDED_AT_ONCE = 10_000  # in one statement: a fraction of a second, so the progress shown moves

db = CommandGroup("db", help="Migrate the database, and check what it must keep.")


@db.command("migrate")
def apply_migrations() -> None:
    """Apply the migrations this database lacks.

    Safe to run at any time, also twice at once.
    """
    applied = migrate.migrate(service().db)
    for migration in applied:
        click.echo(f"applied {migration.name}")
    if not applied:
        click.echo("Nothing to apply.")


@db.command("status")
@as_json
def list_migrations(as_json: bool) -> None:
    """List the migrations of this release, and when this database took them."""
    rows = [
        {"migration": one.name, "applied_at": one.applied_at}
        for one in migrate.status(service().db)
    ]
    show_table(rows, ["migration", "applied_at"], as_json=as_json, if_none="")


@db.command("check")
@as_json
def check(as_json: bool) -> None:
    """Prove that all purchases, events and charges agree.

    Every purchase must be where its history leads, and every charge accounted for. Exit code 1
    with what is not.
    """
    columns = ["purchase_id", "version", "problem"]
    with service().db.unhurried_transaction() as conn:
        rows = [*queries.find_contradictions(conn), *queries.find_unaccounted(conn)]
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    show_table(
        found, columns, as_json=as_json, if_none="Every purchase is where its history leads."
    )
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
    """Make N purchases with made-up histories.

    They are there to look at and to measure with, in development and in mock mode only.
    """
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
