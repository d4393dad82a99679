"""What each story consists of, and playing one."""

import json
import re

import click

from stars.commands.stories.buyers import Buyer, choose
from stars.commands.stories.calls import Calls
from stars.commands.stories.mock import MockStage
from stars.commands.stories.rehearsal import RehearsalStage

STORIES = {
    "purchase.invoice_created": ("invoice",),
    "purchase.succeeded": ("invoice", "pay"),
    "purchase.failed": ("invoice", "fail"),
    "purchase.refunded": ("invoice", "pay", "refund"),
    "subscription.started": ("invoice", "pay"),
    "subscription.renewed": ("invoice", "pay", "renew"),
    "subscription.payment_failed": ("invoice", "pay", "fail renewal"),
    "subscription.canceled": ("invoice", "pay", "cancel"),
    "subscription.resumed": ("invoice", "pay", "cancel", "resume"),
    "subscription.expired": ("invoice", "pay", "expire"),
}
"""By the type of the event that ends each, as the feed names it."""

SIMULATOR = re.compile(r"const SIMULATOR = (.*?);")
"""In the script that opens invoices: `null` in the mock, the simulator's address in a rehearsal."""


def play(story: str, *, service: str, item_id: str | None, key: str | None) -> Buyer:
    """Play a story, and return its buyer, who knows what happened.

    Args:
        story: one of STORIES.
        service: the address of a running mock or rehearsal.
        item_id: what is sold; by default the first that fits.
        key: a server key, for what needs one.

    Raises:
        ClickException: there is neither a mock nor a rehearsal, or a step of it is refused.

    """
    calls = Calls(service)
    stage = find_stage(calls, key)
    missing = [act for act in STORIES[story] if act not in stage.acts]
    if missing:
        raise click.ClickException(f"{stage.name} cannot {missing[0]}: it has no {story}.")
    sold = choose(calls, item_id, subscription=story.startswith("subscription."))
    for act in STORIES[story]:
        stage.acts[act](sold)
    stage.buyer.wait_for(story.replace(".", "_"))
    return stage.buyer


def find_stage(service: Calls, key: str | None) -> MockStage | RehearsalStage:
    """Return what runs at an address. Raises ClickException if it is neither."""
    script = service.get("/mock/telegram-web-app.js").text
    found = SIMULATOR.search(script)
    if not found:
        raise click.ClickException(f"{service.address} is neither a mock nor a rehearsal.")
    simulator = json.loads(found[1])
    if simulator is None:
        return MockStage(service)
    return RehearsalStage(service, Calls(simulator), key)
