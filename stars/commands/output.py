"""How commands show what they found: tables and colours for a person, JSON for a machine."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import click

STATUS_COLOURS = {
    "succeeded": "green",
    "pending": "yellow",
    "failed": "red",
    "refunded": "magenta",
}

MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?\+00:00")
"""In UTC, as documents have it. What is smaller than a second is noise in a table."""

Record = Mapping[str, object]


def show_table(
    records: Sequence[Record], columns: list[str], *, as_json: bool, if_none: str
) -> None:
    """Print records.

    Args:
        records: what was found.
        columns: the fields that a person sees; a machine gets all of them.
        as_json: whether a machine reads it.
        if_none: what a person reads when nothing was found.

    """
    if as_json:
        show_json(records)
    elif not records:
        click.echo(if_none)
    else:
        cells = [[plain(record[name]) for name in columns] for record in records]
        heading, *lines = aligned([columns, *cells])
        click.echo(click.style(joined(heading), dim=True))
        for line in lines:
            click.echo(joined([coloured(cell) for cell in line]))


def show_record(record: Record, *, as_json: bool) -> None:
    """Print one record: for a person a line a field, for a machine JSON."""
    if as_json:
        show_json(record)
        return
    width = max(len(name) for name in record)
    for name, value in record.items():
        label = click.style(name.ljust(width), dim=True)
        click.echo(joined([label, coloured(plain(value))]))


def show_json(document: object) -> None:
    """Print a document as JSON. Moments are written as text."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def aligned(
    table: Sequence[Sequence[str]], justify: Callable[[str, int], str] = str.ljust
) -> list[list[str]]:
    """Return the table with the cells of each column as wide as its widest.

    The first column is aligned to the left, the others as `justify` says. A last column that is
    aligned to the left stays as it is: blanks at the end of a line serve nobody.
    """
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    if justify is str.ljust:
        widths[-1] = 0
    lines = []
    for first, *others in table:
        line = [first.ljust(widths[0])]
        for cell, width in zip(others, widths[1:], strict=True):
            line.append(justify(cell, width))
        lines.append(line)
    return lines


def joined(cells: Sequence[str]) -> str:
    """Return the cells of one line side by side."""
    return "  ".join(cells)


def plain(value: object) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    moment = MOMENT.fullmatch(text)
    return f"{moment[1]} {moment[2]}Z" if moment else text


def coloured(cell: str) -> str:
    """Return a status in its colour, which a terminal shows; anything else as it is."""
    colour = STATUS_COLOURS.get(cell.strip())
    return click.style(cell, fg=colour) if colour else cell
