"""`flask items ...`: what is for sale."""

import json
from typing import TextIO

import click

from stars.commands.command import CommandGroup, service
from stars.commands.output import show_table
from stars.commands.parameters import as_json, identifier
from stars.domain import items as catalogue

COLUMNS = [
    "item_id",
    "active",
    "price_stars",
    "subscription_period",
    "purchase_type",
    "title",
    "description",
]

items = CommandGroup("items", help="Say what is for sale.")


@items.command("import")
@click.argument("file", type=click.File(encoding="utf-8"), metavar="FILE.json")
def import_items(file: TextIO) -> None:
    """Add or change the items of a JSON list.

    Each has item_id, title, description and price_stars; purchase_type, photo_url, active and
    subscription_period are optional. Live mode sells nothing else, nor does the mock once there is
    an item.
    """
    try:
        document = json.load(file)
    except ValueError as error:
        raise catalogue.CatalogueError(f"nothing was imported: {error}") from error
    here = service()
    imported = catalogue.import_items(
        here.db, document, for_test_environment=here.settings.telegram_test_environment
    )
    click.echo(
        f"{imported.new} new, {imported.changed} changed, {imported.unchanged} as they were."
    )


@items.command("list")
@as_json
def list_items(as_json: bool) -> None:
    """List all items."""
    found = catalogue.find(service().db)
    show_table(found, COLUMNS, as_json=as_json, if_none="No items.")


@items.command("deactivate")
@click.argument("item_id", metavar="ID", callback=identifier)
def deactivate_item(item_id: str) -> None:
    """Take one item off sale.

    What was invoiced before can still be paid.
    """
    catalogue.deactivate(service().db, item_id)
    click.echo(f"{item_id} is not for sale any more.")
