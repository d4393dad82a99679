"""`flask trigger` plays whole stories, and `flask listen` prints them as they come."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from harness.backend import Backend
from harness.constants import ROOT
from harness.servers import clean_environment
from harness.types import Command, Serve
from harness.waiting import eventually

MOCK_STORIES = {
    "purchase.invoice_created": "pending",
    "purchase.succeeded": "succeeded",
    "purchase.failed": "failed",
    "subscription.started": "active",
    "subscription.renewed": "active",
    "subscription.payment_failed": "payment_failed",
    "subscription.canceled": "canceled",
    "subscription.resumed": "active",
    "subscription.expired": "expired",
}
LISTEN = [sys.executable, "-m", "flask", "listen", "--all", "--service"]


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["event_type"] for event in events]


def test_every_story_of_the_mock_ends_with_its_event(
    app: Flask, command: Command, serve: Serve, url: str
) -> None:
    address = serve(DATABASE_URL=url).address
    feed = Backend(app, "read")
    for story in MOCK_STORIES:
        told = command("trigger", story, "--service", address, "--json")
        assert told.exit_code == 0, told.stderr
        events = json.loads(told.stdout)
        assert types(events)[0] == "purchase_invoice_created"
        assert types(events)[-1] == story.replace(".", "_")
        assert feed.get("/api/v1/events?limit=1000").json["events"][-1]["type"] == story

    shown = command("trigger", "purchase.succeeded", "--service", address, "--item", "shield")
    assert "purchase_succeeded" in shown.stdout
    refused = command("trigger", "purchase.refunded", "--service", address)
    assert (refused.exit_code, refused.stderr) == (
        1,
        "Error: The mock cannot refund: it has no purchase.refunded.\n",
    )


def test_what_is_neither_a_mock_nor_a_rehearsal_is_left_alone(
    command: Command, serve: Serve, url: str
) -> None:
    off = serve(DATABASE_URL=url, MOCK_PAYMENTS="false").address
    refused = command("trigger", "purchase.succeeded", "--service", off)
    assert "is neither a mock nor a rehearsal" in refused.stderr
    nobody = command("trigger", "purchase.succeeded", "--service", "http://127.0.0.1:1")
    assert "http://127.0.0.1:1 does not answer" in nobody.stderr


def test_listening_needs_a_key_that_may_read(
    app: Flask, command: Command, serve: Serve, url: str
) -> None:
    address = serve(DATABASE_URL=url).address
    assert "flask keys create NAME --scope read" in command("listen", "--service", address).stderr
    key = Backend(app, "write").key
    refused = command("listen", "--service", address, "--key", key)
    assert (refused.exit_code, "insufficient_scope" in refused.stderr) == (1, True)
    assert key not in refused.output


def test_the_feed_is_printed_as_it_comes(
    app: Flask, command: Command, serve: Serve, url: str, tmp_path: Path
) -> None:
    """Piped it is JSON lines without colours; on a terminal it is lines with them."""
    address = serve(DATABASE_URL=url).address
    environment = clean_environment(
        DATABASE_URL=url, MOCK_PAYMENTS="true", STARS_KEY=Backend(app, "read").key
    )
    master, terminal = pty.openpty()
    piped = (tmp_path / "piped").open("w+b")
    words = [*LISTEN, address, "--types", "purchase.succeeded"]
    listeners = [
        subprocess.Popen(words, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.DEVNULL)
        for output in (piped, terminal)
    ]
    try:
        assert command("trigger", "purchase.succeeded", "--service", address).exit_code == 0
        lines = eventually(lambda: (tmp_path / "piped").read_text().splitlines(), within=60)
        message = json.loads(lines[0])
        assert message["type"] == "purchase.succeeded"
        shown = os.read(master, 10_000).decode()
        assert message["data"]["purchase_id"] in shown
        assert "\x1b[32m" in shown
    finally:
        for listener in listeners:
            listener.terminate()
            listener.wait()
        piped.close()
        os.close(master)
        os.close(terminal)


@pytest.mark.parametrize("word", ["trigger", "listen"])
def test_they_are_listed_among_the_commands(command: Command, word: str) -> None:
    assert word in command("--help").stdout
