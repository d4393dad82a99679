"""Checks: what must always be true of purchases, events and charges (G19)."""

from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow

from stars.database.pool import Database
from stars.database.queries import queries


@dataclass(frozen=True)
class Finding:
    """Something that must never be. `version` is the event's, or the row's."""

    purchase_id: str
    version: int | None
    problem: str


def check(db: Database) -> list[Finding]:
    """Look at everything there is, however long it takes, and return what is wrong with it.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    with db.unhurried_transaction() as conn:
        return find(conn)


def find(conn: psycopg.Connection[TupleRow]) -> list[Finding]:
    """Return what is wrong with purchases, then with their charges, then with subscriptions."""
    rows = [
        *queries.find_contradictions(conn),
        *queries.find_unaccounted(conn),
        *queries.find_subscription_contradictions(conn),
    ]
    return [Finding(*row) for row in rows]
