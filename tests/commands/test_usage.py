"""Every command: answers on stdout, reasons on stderr, exit codes 0, 1 and 2."""

import json
import re

import pytest
from flask import Flask, cli
from harness.types import Command


@pytest.mark.parametrize(
    "words",
    [
        ["purchase", "show"],
        ["purchase", "show", "a b"],
        ["purchase", "fail", "a/b"],
        ["purchase", "list", "--limit", "0"],
        ["purchase", "list", "--status", "paid"],
        ["purchase", "list", "--user", "\udcff"],
        ["purchase", "nonsense"],
        ["db", "nonsense"],
    ],
)
def test_wrong_usage_is_exit_2(command: Command, words: list[str]) -> None:
    assert command(*words).exit_code == 2


@pytest.mark.parametrize("verb", ["show", "events", "fail"])
def test_an_unknown_purchase_is_exit_1_with_the_reason_on_stderr(
    command: Command, verb: str
) -> None:
    refused = command("purchase", verb, "unknown")

    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("Error: ")
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [[], ["endpoints"], ["deliveries"], ["telegram"]])
def test_the_help_of_a_group_is_cut_nowhere(app: Flask, words: list[str]) -> None:
    listed = app.test_cli_runner().invoke(cli.cli, [*words, "--help"]).stdout
    assert "..." not in listed.partition("Commands:")[2]


def test_migrating_again_applies_nothing(command: Command) -> None:
    assert command("db", "migrate").stdout == "Nothing to apply.\n"


def test_the_status_lists_every_migration(command: Command) -> None:
    found = json.loads(command("db", "status", "--json").stdout)
    assert found[0]["migration"] == "0001_purchases_and_events"
    assert re.search(r"0001_purchases_and_events +20\d\d-", command("db", "status").stdout)


def test_the_check_says_that_all_is_well(command: Command) -> None:
    assert command("db", "check").stdout == "Every purchase is where its history leads.\n"
