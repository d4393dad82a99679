"""The rules that the database keeps by itself."""

import re
from typing import Any

import psycopg
import pytest
from harness.people import Person
from harness.types import Sql

from stars.database.queries import queries


def test_events_are_append_only(alice: Person, sql: Sql) -> None:
    alice.invoice("p1")
    for rewriting in (
        "UPDATE events SET user_id = 'x'",
        "DELETE FROM events",
        "TRUNCATE events",
        "TRUNCATE purchases CASCADE",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            sql.execute(rewriting)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        sql.execute("DELETE FROM purchases")
    assert alice.history("p1") == ["purchase_invoice_created"]


ROW = {
    "purchase_id": "p1",
    "user_id": "alice",
    "item_id": "sword",
    "price_stars": 50,
    "purchase_type": "boost",
    "status": "pending",
    "mode": "mock",
    "source": None,
    "channel": None,
    "metadata": "{}",
    "version": 1,
    "created_at": "2026-01-31",
    "invoiced_at": "2026-01-31",
    "succeeded_at": None,
    "failed_at": None,
}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("purchase_id", "a b"),
        ("purchase_id", ""),
        ("purchase_id", "a" * 65),
        ("purchase_id", "a\n"),
        ("user_id", None),
        ("item_id", "\u00e9"),
        ("price_stars", 0),
        ("price_stars", 100_001),
        ("purchase_type", "x"),
        ("status", "paid"),
        ("mode", "off"),
        ("source", "a/b"),
        ("channel", ""),
        ("metadata", "[]"),
        ("metadata", '{"a":"%s"}' % ("x" * 4089)),
        ("status", "succeeded"),
        ("status", "failed"),
        ("invoiced_at", None),
        ("version", None),
    ],
)
def test_the_database_keeps_every_rule_by_itself(sql: Sql, column: str, value: Any) -> None:
    names = ", ".join(ROW)
    insert = f"INSERT INTO purchases ({names}) VALUES ({', '.join(f'%({name})s' for name in ROW)})"
    with pytest.raises(psycopg.errors.IntegrityError):
        sql.execute(insert, ROW | {column: value})
    with sql.transaction(force_rollback=True):
        sql.execute(insert, ROW)
        with pytest.raises(psycopg.errors.UniqueViolation):
            sql.execute(insert, ROW)


def test_every_statement_fits_the_schema(sql: Sql) -> None:
    names = [name for name in queries.available_queries if not name.endswith("_cursor")]
    assert len(names) >= 5
    for name in names:
        text, params = getattr(queries, name).sql, {}
        numbered = re.sub(
            r"%\((\w+)\)s", lambda m, p=params: f"${p.setdefault(m[1], len(p) + 1)}", text
        )
        sql.execute(f"PREPARE {name} AS {numbered}".encode())
        assert len(text) < 4096, "psycopg would parse it anew at each call"
