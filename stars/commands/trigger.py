"""`flask trigger`: play a whole story against a running mock or rehearsal."""

import click

from stars.commands.command import Command
from stars.commands.output import show_json, show_table
from stars.commands.parameters import as_json, identifier, server_key, service_address
from stars.commands.stories.stories import STORIES, play

COLUMNS = ["version", "event_type", "created_at", "purchase_id"]


@click.command("trigger", cls=Command)
@click.argument("story", type=click.Choice(list(STORIES)))
@service_address
@server_key
@click.option("--item", callback=identifier, help="What is sold; else the first that fits.")
@as_json
def trigger(story: str, service: str, key: str | None, item: str | None, as_json: bool) -> None:
    """Have it happen, from the invoice on: STORY is the event that it ends with.

    It is done by the same addresses that front ends, buyers and Telegram use, so everything that
    listens is told.
    """
    events = play(story, service=service, item_id=item, key=key).events()
    if as_json:
        show_json(events)
    else:
        show_table(events, COLUMNS, as_json=False, if_none="Nothing.")
