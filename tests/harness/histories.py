"""Purchases whose histories happened at other times than now."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from harness.constants import SWORD

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


MS = timedelta(milliseconds=1)


STATUS = {"I": "pending", "R": "pending", "S": "succeeded", "F": "failed"}


EVENT = {
    "I": "purchase_invoice_created",
    "R": "purchase_invoice_reopened",
    "S": "purchase_succeeded",
    "F": "purchase_failed",
}


WORDS = [
    "I",
    "IS",
    "IF",
    "IFR",
    "IFRS",
    "IFS",
    "ISF",
    "ISFRS",
    "IFRFRS",
    "ISFR",
    "S",
    "SF",
    "SFR",
    "SFRS",
    "SFS",
    "SFRF",
]


def write(
    sql: psycopg.Connection[Any], purchase_id: str, word: str, *times: datetime, **fields: Any
) -> None:
    """A purchase that came to be at other times than now: each letter of `word` is an event at one of `times`."""
    row = {
        "purchase_id": purchase_id,
        "user_id": "alice",
        **SWORD,
        "mode": "mock",
        "source": None,
        "channel": None,
    }
    row |= {
        **fields,
        "status": STATUS[word[-1]],
        "version": len(word),
        "created_at": times[0],
        "metadata": "{}",
    }
    row |= dict.fromkeys(("invoiced_at", "succeeded_at", "failed_at"))
    events = []
    for version, (letter, at) in enumerate(zip(word, times, strict=True), 1):
        row[{"pending": "invoiced_at"}.get(STATUS[letter], f"{STATUS[letter]}_at")] = at
        payload = {
            name: row[name] for name in ("purchase_id", "item_id", "price_stars", "purchase_type")
        }
        if letter != "I":
            payload["previous_status"] = STATUS[word[version - 2]] if version > 1 else None
        if letter == "S":
            payload["invoice_to_purchase_ms"] = (
                (at - row["invoiced_at"]) // MS if row["invoiced_at"] else None
            )
        events.append(
            (purchase_id, version, EVENT[letter], json.dumps(payload), row["user_id"], at)
        )
    names = ", ".join(row)
    with sql.transaction():
        sql.execute(
            f"INSERT INTO purchases ({names}) VALUES ({', '.join(f'%({name})s' for name in row)})",
            row,
        )
        sql.cursor().executemany(
            "INSERT INTO events (purchase_id, version, event_type, payload, user_id, request_id, created_at)"
            " VALUES (%s, %s, %s, %s, %s, 'test', %s)",
            events,
        )
