"""The command `flask funnel`, as a person and as a script use it."""

import re
from datetime import timedelta

import pytest
from harness.histories import MS, NOON, write_history
from harness.types import Command, Sql

HEAD = [
    *("source", "created", "completed", "failed", "open", "stars", "conversion"),
    *("p50", "p90", "p95"),
]
TOTAL = [
    *("total", "4", "was 2", "3", "was 1", "0", "was 1", "1", "new"),
    *("150", "+200 %", "75.0 %", "+25.0", "2.4 s", "2.4 s", "2.4 s"),
]


@pytest.fixture
def lines(sql: Sql, command: Command) -> list[str]:
    """What the command says of four invoices and two of the day before."""
    day = timedelta(days=1)
    for number in range(3):
        write_history(sql, f"p{number}", "IS", NOON, NOON + 2400 * MS, source="shop")
    write_history(sql, "p3", "I", NOON)
    write_history(sql, "p4", "IF", NOON - day, NOON)
    write_history(sql, "p5", "IS", NOON - day, NOON)
    shown = command("funnel", "--since", "2026-03-10", "--until", "2026-03-11", "--by", "source")
    assert shown.exit_code == 0
    return shown.stdout.splitlines()


def cells(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


def test_it_names_the_window_and_the_mode(lines: list[str]) -> None:
    head = "Invoices of 2026-03-10 00:00 to 2026-03-11 00:00 UTC (mock)"
    assert lines[0].startswith(head)


def test_it_shows_a_table_to_a_person(lines: list[str]) -> None:
    table = lines[2:6]
    assert cells(table[0]) == HEAD
    assert cells(table[1]) == TOTAL
    assert [line.split()[0] for line in table[2:]] == ["shop", "(none)"]
    assert {len(line) for line in table} == {len(table[0])}


def test_it_draws_how_long_buyers_took(lines: list[str]) -> None:
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
def test_what_makes_no_sense_is_refused(command: Command, words: list[str], exit_code: int) -> None:
    refused = command(*words)

    assert refused.exit_code == exit_code
    assert refused.stdout == ""
    assert "Error: " in refused.stderr
