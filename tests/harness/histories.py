"""Purchases whose histories happened at other times than now, written as words.

Each letter is an event: I the invoice, R its reopening, S the success, F the failure. So "IFRS" was
invoiced, failed, was reopened and succeeded, and "S" was bought without an invoice.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from harness.constants import SWORD

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MS = timedelta(milliseconds=1)
EVENT = {
    "I": "purchase_invoice_created",
    "R": "purchase_invoice_reopened",
    "S": "purchase_succeeded",
    "F": "purchase_failed",
}
STATUS = {"I": "pending", "R": "pending", "S": "succeeded", "F": "failed"}
MOMENT = {"I": "invoiced_at", "R": "invoiced_at", "S": "succeeded_at", "F": "failed_at"}
WORDS = (
    *("I", "IS", "IF", "IFR", "IFRS", "IFS", "ISF", "ISFRS", "IFRFRS", "ISFR"),
    *("S", "SF", "SFR", "SFRS", "SFS", "SFRF"),
)
INSERT_EVENT = """
    INSERT INTO events
        (purchase_id, version, event_type, payload, user_id, request_id, created_at)
    VALUES (%s, %s, %s, %s, %s, 'test', %s)
"""
LOCK_PURCHASE = "SELECT * FROM purchases WHERE purchase_id = %s FOR UPDATE"
UPDATE_PURCHASE = """
    UPDATE purchases SET status = %(status)s, version = %(version)s, invoiced_at = %(invoiced_at)s,
        succeeded_at = %(succeeded_at)s, failed_at = %(failed_at)s
    WHERE purchase_id = %(purchase_id)s
"""


def write_history(
    sql: psycopg.Connection[Any], purchase_id: str, word: str, *times: datetime, **fields: Any
) -> None:
    """Insert the purchase whose history is `word`, each letter at one of `times`.

    `fields` are columns that differ from a golden sword that alice bought from the mock.
    """
    row = {
        "purchase_id": purchase_id,
        "user_id": "alice",
        **SWORD,
        "mode": "mock",
        "source": None,
        "channel": None,
        "metadata": "{}",
        "status": STATUS[word[-1]],
        "version": len(word),
        "created_at": times[0],
        "invoiced_at": None,
        "succeeded_at": None,
        "failed_at": None,
        **fields,
    }
    events = []
    previous_status = None
    for version, (letter, at) in enumerate(zip(word, times, strict=True), start=1):
        row[MOMENT[letter]] = at
        payload = json.dumps(payload_of(row, letter, previous_status))
        events.append((purchase_id, version, EVENT[letter], payload, row["user_id"], at))
        previous_status = STATUS[letter]
    columns = ", ".join(row)
    values = ", ".join(f"%({column})s" for column in row)
    with sql.transaction():
        sql.execute(f"INSERT INTO purchases ({columns}) VALUES ({values})".encode(), row)
        sql.cursor().executemany(INSERT_EVENT, events)


def continue_history(
    sql: psycopg.Connection[Any], purchase_id: str, letter: str, at: datetime
) -> None:
    """Let what `letter` stands for happen to a purchase that there is, at this moment."""
    with sql.transaction(), sql.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(LOCK_PURCHASE, [purchase_id]).fetchone()
        assert row is not None
        previous_status = row["status"]
        row[MOMENT[letter]] = at
        row["status"] = STATUS[letter]
        row["version"] += 1
        cursor.execute(UPDATE_PURCHASE, row)
        payload = json.dumps(payload_of(row, letter, previous_status))
        event = (purchase_id, row["version"], EVENT[letter], payload, row["user_id"], at)
        cursor.execute(INSERT_EVENT, event)


def payload_of(row: dict[str, Any], letter: str, previous_status: str | None) -> dict[str, Any]:
    """What an event tells, of a purchase whose row is as it was after the event."""
    told = ("purchase_id", "item_id", "price_stars", "purchase_type")
    payload = {name: row[name] for name in told}
    if letter != "I":
        payload["previous_status"] = previous_status
    if letter == "S":
        payload["invoice_to_purchase_ms"] = milliseconds_since_invoice(row)
    return payload


def milliseconds_since_invoice(row: dict[str, Any]) -> int | None:
    """How long the success took after the invoice; None if there was no invoice."""
    if row["invoiced_at"] is None:
        return None
    return int((row["succeeded_at"] - row["invoiced_at"]) // MS)
