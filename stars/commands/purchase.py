"""`flask purchase ...`: look at purchases, mark one failed, refund one."""

from datetime import datetime
from itertools import islice

import click

from stars.commands.command import CommandGroup, live_payments, request_id, service
from stars.commands.output import show_record, show_table
from stars.commands.parameters import as_json, identifier, moment, purchase_id
from stars.domain import purchases, search, spreadsheet
from stars.domain.events import history
from stars.domain.search import Filters
from stars.domain.types import ANYBODY
from stars.live import refunds
from stars.schemas.values import PURCHASE_TYPES, STATUSES

COLUMNS = [
    "purchase_id",
    "status",
    "price_stars",
    "item_id",
    "purchase_type",
    "user_id",
    "mode",
    "created_at",
    "fulfilled_at",
]
EVENT_COLUMNS = ["version", "created_at", "event_type", "request_id", "payload"]
USUALLY_LISTED = 20
MOST_LISTED = 1000  # what one query returns within the time that a statement may take

purchase = CommandGroup("purchase", help="Look at purchases, mark one failed, refund one.")


@purchase.command("show")
@purchase_id
@as_json
def show_purchase(purchase_id: str, as_json: bool) -> None:
    """Show one purchase."""
    found = purchases.get(service().db, purchase_id=purchase_id, owner=ANYBODY)
    show_record(found, as_json=as_json)


@purchase.command("list")
@click.option("--status", type=click.Choice(STATUSES))
@click.option("--user", metavar="ID", callback=identifier, help="Only this user's.")
@click.option("--item", metavar="ID", callback=identifier, help="Only of this item.")
@click.option("--type", "kind", type=click.Choice(PURCHASE_TYPES))
@click.option("--source", metavar="ID", callback=identifier, help="Only from there.")
@click.option("--channel", metavar="ID", callback=identifier, help="Only from there in a source.")
@click.option("--unfulfilled", is_flag=True, help="Only what is paid and not handed out.")
@click.option("--since", metavar="TIME", callback=moment, help="Created then or later.")
@click.option("--until", metavar="TIME", callback=moment, help="Created before.")
@click.option(
    "--limit",
    type=click.IntRange(1, MOST_LISTED),
    help=f"How many at most; {USUALLY_LISTED}, or all of them as CSV.",
)
@click.option("--csv", "as_csv", is_flag=True, help="For a spreadsheet.")
@as_json
def list_purchases(
    status: str | None,
    user: str | None,
    item: str | None,
    kind: str | None,
    source: str | None,
    channel: str | None,
    unfulfilled: bool,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """List purchases, newest first."""
    if unfulfilled and status not in (None, "succeeded"):
        raise click.UsageError("--unfulfilled are those that succeeded: leave --status out.")
    if as_csv and as_json:
        raise click.UsageError("Choose one of --csv and --json.")
    filters = Filters(
        status="succeeded" if unfulfilled else status,
        user_id=user,
        item_id=item,
        purchase_type=kind,
        source=source,
        channel=channel,
        fulfilled=False if unfulfilled else None,
        since=since,
        until=until,
    )
    if as_csv:
        found = islice(search.each(service().db, filters), limit)
        for line in spreadsheet.lines(found):
            click.echo(line, nl=False)
        return
    page = search.find_page(service().db, filters, limit=limit or USUALLY_LISTED)
    show_table(page, COLUMNS, as_json=as_json, if_none="No purchases.")


@purchase.command("events")
@purchase_id
@as_json
def list_events(purchase_id: str, as_json: bool) -> None:
    """Show what happened to one purchase, oldest first."""
    events = history(service().db, purchase_id=purchase_id, owner=ANYBODY)
    show_table(events, EVENT_COLUMNS, as_json=as_json, if_none="")


@purchase.command("fail")
@purchase_id
@as_json
def fail_purchase(purchase_id: str, as_json: bool) -> None:
    """Mark one purchase failed.

    A live one that succeeded is refused: its Stars would have to be refunded.
    """
    transition = purchases.mark_failed_by_operator(
        service().db, purchase_id=purchase_id, request_id=request_id()
    )
    if transition.event_type:
        said = f"It was {transition.previous_status} and is failed now."
    else:
        said = f"It was {transition.purchase['status']} already; nothing changed."
    click.echo(said, err=as_json)
    show_record(transition.purchase, as_json=as_json)


@purchase.command("refund")
@purchase_id
@as_json
def refund_purchase(purchase_id: str, as_json: bool) -> None:
    """Give the Stars of a live purchase back.

    Asked for again, it is the same one refund. Exit code 1 while it is not done.
    """
    refunded = refunds.refund_purchase(
        service().db,
        live_payments().telegram,
        purchase_id=purchase_id,
        request_id=request_id(),
    )
    show_record(refunded, as_json=as_json)
