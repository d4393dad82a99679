"""`flask db ...`: migrate the database, check it, fill it with made-up purchases."""

import secrets
import sys
from dataclasses import asdict

import click

from stars.commands.command import CommandGroup, service
from stars.commands.output import show_table
from stars.commands.parameters import as_json
from stars.database import migrate
from stars.domain import checks, funnel_hours
from stars.domain.seed import make_purchases

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
    found = checks.check(service().db)
    show_table(
        [asdict(finding) for finding in found],
        ["purchase_id", "version", "problem"],
        as_json=as_json,
        if_none="Every purchase is where its history leads.",
    )
    if found:
        sys.exit(1)


@db.command("count-funnel")
def count_funnel() -> None:
    """Count the funnel's past hours ahead.

    The worker does it every few minutes. The funnel of a long window then takes a fraction of the
    time; its numbers are the same. Safe at any time.
    """
    done = funnel_hours.aggregate(service().db)
    click.echo(f"{done.counted} hours counted, {done.forgotten} of them anew.")


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
    label = f"Seeding {count} purchases"
    with click.progressbar(length=count, label=label, show_pos=True, file=sys.stderr) as progress:
        run = make_purchases(
            here.db, count=count, days=days, seed=seed, on_progress=progress.update
        )
    click.echo(
        f"{count} purchases seed-{run}-1 to seed-{run}-{count} over {days} days; seed {seed}."
    )
