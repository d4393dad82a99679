"""`flask funnel`: what became of the invoices of a window, for a person and for a machine."""

from datetime import datetime

import click
from flask.cli import with_appcontext

from stars.commands.command import Command, service
from stars.commands.output import aligned, joined, show_json
from stars.commands.parameters import as_json, moment
from stars.domain import funnel, retention
from stars.domain.funnel import Compared, Funnel, Step
from stars.domain.retention import Retention
from stars.domain.wording import change, duration, interval, share, share_change
from stars.schemas.funnel import DIMENSIONS

BAR = "\u2588"
LONGEST_BAR = 40  # characters: with label and count it fits into a terminal of 80 columns
# Beside each count is how it changed, which has no heading of its own.
HEADING = [
    *("created", ""),
    *("completed", ""),
    *("failed", ""),
    *("open", ""),
    *("stars", ""),
    *("conversion", ""),
    *("p50", "p90", "p95"),
]


@click.command("funnel", cls=Command)
@click.option(
    "--since", metavar="TIME", callback=moment, help="A day or a moment; a week before --until."
)
@click.option(
    "--until", metavar="TIME", callback=moment, help="Where the window ends, itself not part; now."
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
    told = retention.measure(
        here.db, mode=here.payments.mode, since=found["since"], until=found["until"]
    )
    if as_json:
        show_json({**found, "subscriptions": told})
        return
    click.echo(introduction(found))
    show_figures(found)
    show_handing_out(found["total"])
    show_histogram(found["histogram"])
    show_retention(told)


def introduction(found: Funnel) -> str:
    """Return what is counted, and how to read it."""
    since = datetime.fromisoformat(found["since"])
    until = datetime.fromisoformat(found["until"])
    return (
        f"Invoices of {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC ({found['mode']}); "
        "beside each, the change from the window before, which is as long.\n"
    )


def show_figures(found: Funnel) -> None:
    """Print the table: the total, then a line a group."""
    table = [[found["by"] or "", *HEADING], line("total", found["total"])]
    for group in found["groups"]:
        table.append(line(group["key"] or "(none)", group))
    heading, total, *groups = aligned(table, justify=str.rjust)
    click.echo(click.style(joined(heading), dim=True))
    click.echo(click.style(joined(total), bold=True))
    for cells in groups:
        click.echo(joined(cells))
    if found["groups_left_out"]:
        click.echo(f"and {found['groups_left_out']} more with fewer invoices")


def show_handing_out(total: Compared) -> None:
    """Print how much was handed out, and how fast; nothing where the shop never says so."""
    if total["fulfilled"]:
        click.echo(
            f"\n{total['fulfilled']} of {total['completed']} completed were handed out,"
            f" half within {duration(total['fulfilled_p50_ms'])} of the payment,"
            f" 90 % within {duration(total['fulfilled_p90_ms'])}"
        )


def line(label: str, now: Compared) -> list[str]:
    """Return the cells of one line of the table."""
    before = now["before"]
    return [
        label,
        *(str(now["created"]), change(now["created"], before["created"])),
        *(str(now["completed"]), change(now["completed"], before["completed"])),
        *(str(now["failed"]), change(now["failed"], before["failed"])),
        *(str(now["open"]), change(now["open"], before["open"])),
        *(str(now["stars_sold"]), change(now["stars_sold"], before["stars_sold"])),
        share(now["conversion"]),
        share_change(now["conversion"], before["conversion"]),
        duration(now["p50_ms"]),
        duration(now["p90_ms"]),
        duration(now["p95_ms"]),
    ]


def show_histogram(steps: list[Step]) -> None:
    """Print a bar for each step of the time from the invoice to the purchase."""
    click.echo(click.style("\nfrom invoice to purchase", dim=True))
    most = max(step["count"] for step in steps)
    for step in steps:
        length = round(LONGEST_BAR * step["count"] / (most or 1))
        bar = click.style(BAR * length, fg="green")
        label = interval(step["from_ms"], step["to_ms"])
        click.echo(f"{label:<18}{step['count']:>8}  {bar}")


def show_retention(told: Retention) -> None:
    """Print the subscriptions of the window, and how many of each month's beginners have stayed."""
    if not told["cohorts"]:
        return
    click.echo(
        f"\nSubscriptions: {told['active']} active, {told['begun']} begun, "
        f"{told['renewed']} renewed, {told['canceled']} canceled, {told['lost']} lost."
    )
    for cohort in told["cohorts"]:
        stayed = [f"{period['there']}/{period['possible']}" for period in cohort["periods"]]
        click.echo(f"  began {cohort['month']}: {', '.join(stayed)}")
