"""`flask listen`: print the feed of a running service as it comes."""

import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import click

from stars.commands.command import Command
from stars.commands.output import STATUS_COLOURS
from stars.commands.parameters import server_key, service_address
from stars.commands.stories.calls import Calls, NoAnswer

PAGE = 1000  # as many as the feed gives at once
LOOK_EVERY = 1.0  # seconds: one person who watches is no load


@click.command("listen", cls=Command)
@service_address
@server_key
@click.option("--types", help="Only these, like purchase.succeeded,purchase.refunded.")
@click.option("--all", "from_start", is_flag=True, help="What has happened before, too.")
def listen(service: str, key: str | None, types: str | None, from_start: bool) -> None:
    """Print what happens, until Ctrl-C: lines for a person, JSON lines where it is piped."""
    if key is None:
        raise click.UsageError("The feed needs --key: flask keys create NAME --scope read.")
    feed = Feed(Calls(service), key, types)
    if not from_start:
        feed.skip()
    click.echo(f"Listening to {service}; Ctrl-C ends it.", err=True)
    try:
        for message in feed.messages():
            click.echo(line(message) if sys.stdout.isatty() else json.dumps(message))
            sys.stdout.flush()
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # Whoever read it has ended; and so that Python does not complain of that once more:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Feed:
    """The feed, read on from where it was read before."""

    def __init__(self, service: Calls, key: str, types: str | None) -> None:
        self._service = service
        self._headers = {"Authorization": f"Bearer {key}"}
        self._types = {"types": types} if types else {}
        self._after = "0"

    def skip(self) -> None:
        """Skip what is there already."""
        while self._read()[1]:
            pass

    def messages(self) -> Iterator[dict[str, Any]]:
        """Give each message once, for ever, also through restarts of the service."""
        while True:
            try:
                found, is_more = self._read()
            except NoAnswer:
                found, is_more = [], False
            yield from found
            if not is_more:
                time.sleep(LOOK_EVERY)

    def _read(self) -> tuple[list[dict[str, Any]], bool]:
        """Return the next messages, and whether there are more already."""
        query = urlencode({"after": self._after, "limit": PAGE, **self._types})
        answer = self._service.get(f"/api/v1/events?{query}", self._headers)
        page = answer.json()
        self._after = page["after"]
        return page["events"], "Retry-After" not in answer.headers


def line(message: dict[str, Any]) -> str:
    """Return a message as a person reads it."""
    event = message["data"]
    payload = event["payload"]
    kind, what = message["type"], message["type"].partition(".")[2]
    told = [
        click.style(message["timestamp"][11:19], dim=True),
        click.style(f"{kind:<28}", fg=STATUS_COLOURS.get(what, "cyan")),
        event["purchase_id"],
        event["user_id"],
        str(payload.get("item_id", "")),
    ]
    return "  ".join(told)
