"""`flask purchase ...`: look at purchases, mark one failed, refund one."""

import click

from stars.commands.command import CommandGroup, live_payments, request_id, service
from stars.commands.output import STATUS_COLOURS, show_record, show_table
from stars.commands.parameters import as_json, identifier, purchase_id
from stars.domain import purchases
from stars.domain.events import history
from stars.domain.types import ANYBODY
from stars.live import refunds

COLUMNS = [
    "purchase_id",
    "status",
    "price_stars",
    "item_id",
    "purchase_type",
    "user_id",
    "mode",
    "created_at",
]
EVENT_COLUMNS = ["version", "created_at", "event_type", "request_id", "payload"]
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
@click.option("--status", type=click.Choice(list(STATUS_COLOURS)))
@click.option("--user", metavar="ID", callback=identifier, help="Only this user's.")
@click.option("--limit", type=click.IntRange(1, MOST_LISTED), default=20, show_default=True)
@as_json
def list_purchases(status: str | None, user: str | None, limit: int, as_json: bool) -> None:
    """List purchases, newest first."""
    found = purchases.find(service().db, status=status, user_id=user, limit=limit)
    show_table(found, COLUMNS, as_json=as_json, if_none="No purchases.")


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
