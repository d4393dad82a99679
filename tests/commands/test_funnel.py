"""The command `flask funnel`, as a person and as a script use it."""

import re
from datetime import timedelta

import pytest
from harness.histories import MS, NOON, write_history
from harness.types import Command, Sql


def test_the_console_shows_it_to_a_person(sql: Sql, command: Command) -> None:
    for number in range(3):
        write_history(sql, f"p{number}", "IS", NOON, NOON + 2400 * MS, source="shop")
    write_history(sql, "p3", "I", NOON)
    write_history(sql, "p4", "IF", NOON - timedelta(days=1), NOON)
    write_history(sql, "p5", "IS", NOON - timedelta(days=1), NOON)
    shown = command("funnel", "--since", "2026-03-10", "--until", "2026-03-11", "--by", "source")
    lines = shown.stdout.splitlines()
    assert shown.exit_code == 0
    assert lines[0].startswith("Invoices of 2026-03-10 00:00 to 2026-03-11 00:00 UTC (mock)")
    assert re.split(r" {2,}", lines[2]) == [
        "source",
        "created",
        "completed",
        "failed",
        "open",
        "conversion",
        "p50",
        "p90",
        "p95",
    ]
    assert re.split(r" {2,}", lines[3].strip()) == [
        "total",
        "4",
        "+100 %",
        "3",
        "+200 %",
        "0",
        "-100 %",
        "1",
        "new",
        "75.0 %",
        "+25.0",
        "2.4 s",
        "2.4 s",
        "2.4 s",
    ]
    assert [line.split()[0] for line in lines[4:6]] == ["shop", "(none)"]
    assert len({len(line) for line in lines[2:6]}) == 1
    assert "2 s to 5 s               3  " + "\u2588" * 40 in lines


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (["funnel", "--since", "yesterday"], 2),
        (["funnel", "--by", "price"], 2),
        (["funnel", "--since", "2026-01-02", "--until", "2026-01-01"], 1),
        (["db", "seed"], 2),
        (["db", "seed", "0"], 2),
    ],
)
def test_the_console_refuses_what_makes_no_sense(
    command: Command, words: list[str], exit_code: int
) -> None:
    refused = command(*words)
    assert (refused.exit_code, refused.stdout) == (exit_code, "")
    assert "Error: " in refused.stderr
