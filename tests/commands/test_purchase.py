"""`flask purchase`: show, list, events, fail."""

import json
import os
import re
import subprocess
import sys

import pytest
from flask import Flask
from harness.backend import Backend
from harness.constants import ROOT
from harness.people import Person
from harness.servers import clean_environment
from harness.types import Command, Logged, Sql

from stars.database.pool import Database
from stars.domain import purchases, search
from stars.domain.search import Filters
from stars.domain.types import ANYBODY

SWORD = {"item_id": "sword", "price_stars": 5}


@pytest.fixture
def shop(app: Flask) -> Backend:
    """A backend that may read and write."""
    return Backend(app, "read", "write")


def test_show_as_json_is_what_the_api_answers(alice: Person, command: Command) -> None:
    made = alice.purchase("p1", **SWORD, metadata={"a": "\u00e9"})

    shown = command("purchase", "show", "p1", "--json")
    assert json.loads(shown.stdout) == made.json


def test_show_is_a_line_for_each_field(alice: Person, command: Command) -> None:
    made = alice.purchase("p1", **SWORD, metadata={"a": "\u00e9"})

    shown = command("purchase", "show", "p1")
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.stdout.splitlines()] == list(made.json)
    assert "status               succeeded\n" in shown.stdout
    assert 'metadata             {"a": "\u00e9"}\n' in shown.stdout
    assert "invoiced_at          -\n" in shown.stdout


def test_list_newest_first_and_filtered(alice: Person, bob: Person, command: Command) -> None:
    for number in range(3):
        alice.invoice(f"p{number}")
    bob.purchase("b1", **SWORD)

    def listed(*options: str) -> list[str]:
        found = json.loads(command("purchase", "list", "--json", *options).stdout)
        return [purchase["purchase_id"] for purchase in found]

    assert listed() == ["b1", "p2", "p1", "p0"]
    assert listed("--user", "alice", "--limit", "2") == ["p2", "p1"]
    assert listed("--status", "succeeded") == ["b1"]


def test_list_has_the_filters_of_the_console(
    alice: Person, bob: Person, command: Command, shop: Backend
) -> None:
    alice.purchase("p1", **SWORD, purchase_type="cosmetic", source="shop", channel="menu")
    alice.purchase("p2", item_id="speed", price_stars=9)
    bob.invoice("p3", **SWORD, purchase_type="boost")
    shop.call("POST", "/api/v1/purchases/p2/fulfil", {"reference": "d1"})

    def listed(*options: str) -> list[str]:
        found = json.loads(command("purchase", "list", "--json", *options).stdout)
        return [purchase["purchase_id"] for purchase in found]

    assert listed("--unfulfilled") == ["p1"]
    assert listed("--item", "sword") == ["p3", "p1"]
    assert listed("--type", "cosmetic") == ["p1"]
    assert listed("--source", "shop", "--channel", "menu") == ["p1"]
    assert listed("--since", "2000-01-01", "--until", "2100-01-01") == ["p3", "p2", "p1"]
    assert listed("--until", "2000-01-01") == []


def test_list_as_csv_is_what_the_console_gives(app: Flask, alice: Person, command: Command) -> None:
    for number in range(22):  # more than a table has
        alice.invoice(f"p{number}")

    file = app.test_client().get("/console/purchases.csv?user_id=alice")
    # click's runner reads the file's line ends as those of a text.
    lines = file.text.replace("\r\n", "\n")
    assert command("purchase", "list", "--csv", "--user", "alice").stdout == lines
    assert len(command("purchase", "list", "--csv", "--limit", "2").stdout.splitlines()) == 3


@pytest.mark.parametrize("more", [("--csv", "--json"), ("--unfulfilled", "--status", "failed")])
def test_list_of_what_cannot_be_meant_is_wrong_usage(command: Command, more: list[str]) -> None:
    assert command("purchase", "list", *more).exit_code == 2


def test_a_table_has_whole_seconds(alice: Person, command: Command) -> None:
    alice.purchase("p1", **SWORD)
    moment = r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ"
    for words in (["list"], ["show", "p1"], ["events", "p1"]):
        text = command("purchase", *words).stdout
        assert re.search(moment, text), text
        assert not re.search(r":\d\d\.\d", text), text


def test_list_is_a_table_for_a_person(bob: Person, command: Command) -> None:
    assert command("purchase", "list").stdout == "No purchases.\n"
    bob.purchase("b1", **SWORD)

    head, row = command("purchase", "list").stdout.splitlines()
    assert head.split()[:3] == ["purchase_id", "status", "price_stars"]
    assert row.split()[:3] == ["b1", "succeeded", "5"]


def test_the_events_of_a_purchase(alice: Person, command: Command) -> None:
    alice.invoice("p1")
    command("purchase", "fail", "p1")

    made, failed = json.loads(command("purchase", "events", "p1", "--json").stdout)
    assert (made["version"], made["event_type"]) == (1, "purchase_invoice_created")
    assert (failed["version"], failed["event_type"]) == (2, "purchase_failed")
    assert failed["user_id"] == "alice"
    assert failed["request_id"].startswith("console-")
    table = command("purchase", "events", "p1").stdout
    assert len(table.splitlines()) == 3


def test_mark_failed(alice: Person, command: Command, logged: Logged) -> None:
    alice.purchase("p1", **SWORD)

    failed = command("purchase", "fail", "p1")
    assert failed.exit_code == 0
    assert failed.stdout.startswith("It was succeeded and is failed now.\n")
    assert alice.get("p1").json["status"] == "failed"
    (line,) = logged("purchase_failed")
    assert line["level"] == "INFO"
    assert line["purchase_id"] == "p1"
    assert line["previous_status"] == "succeeded"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_at_a_terminal_the_answer_is_not_said_twice(
    alice: Person, url: str, is_terminal: bool
) -> None:
    """A log line says the same, which a file of logs has to have and a person need not read."""
    alice.purchase("p1", **SWORD)
    terminal, stderr = os.openpty()
    reading, writing = os.pipe()
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "purchase", "fail", "p1"],
        cwd=ROOT,
        env=clean_environment(DATABASE_URL=url, MOCK_PAYMENTS="true"),
        stdout=subprocess.DEVNULL,
        stderr=stderr if is_terminal else writing,
        check=True,
    )
    os.write(stderr if is_terminal else writing, b"--end--")
    said = ""
    while "--end--" not in said:
        said += os.read(terminal if is_terminal else reading, 10_000).decode()
    for end in (terminal, stderr, reading, writing):
        os.close(end)

    assert ("purchase_failed" in said) != is_terminal
    assert alice.get("p1").json["status"] == "failed"


def test_mark_failed_as_json(alice: Person, command: Command) -> None:
    alice.purchase("p1", **SWORD)

    failed = command("purchase", "fail", "p1", "--json")
    assert json.loads(failed.stdout)["status"] == "failed"


def test_a_live_purchase_that_succeeded_is_not_marked_failed(
    alice: Person, command: Command, sql: Sql
) -> None:
    alice.purchase("p1", **SWORD)
    sql.execute("UPDATE purchases SET mode = 'live'")

    refused = command("purchase", "fail", "p1")
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert "refund it instead" in refused.stderr
    assert sql.execute("SELECT status, version FROM purchases").fetchone() == ("succeeded", 1)
    sql.execute("UPDATE purchases SET mode = 'mock'")  # as a live one it would lack its charge


def test_a_list_is_planned_for_its_very_filters(url: str, alice: Person) -> None:
    """A plan for any filters would read all purchases to find those of a user who has few."""
    alice.invoice("p1")
    db = Database(lambda: url, max_connections=1)
    for _ in range(10):  # PostgreSQL keeps a plan after ten at the latest
        assert search.find_page(db, Filters(user_id="nobody"), limit=20) == []
        purchases.get(db, purchase_id="p1", owner=ANYBODY)
    with db.connection() as conn:
        kept = conn.execute("SELECT statement FROM pg_prepared_statements").fetchall()
    db.close()

    assert kept, "others are, so a list would show"
    assert [text for (text,) in kept if "ORDER BY created_at DESC" in text] == []
