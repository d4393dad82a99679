"""Purchases as a CSV file, line by line, for the console and for the terminal."""

import csv
import io
from collections.abc import Iterable, Iterator

from stars.domain.types import Purchase

COLUMNS = (
    "created_at",
    "purchase_id",
    "status",
    "price_stars",
    "item_id",
    "purchase_type",
    "user_id",
    "source",
    "channel",
    "mode",
    "succeeded_at",
    "failed_at",
    "fulfilled_at",
)
"""None can hold what a spreadsheet would take for a formula."""


def lines(found: Iterable[Purchase]) -> Iterator[str]:
    """Yield the heading, then a line a purchase, as they are read."""
    line = io.StringIO()
    writer = csv.DictWriter(line, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for purchase in found:
        writer.writerow(purchase)
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()
