"""The one exception of the append-only history: nothing but forget_user() can use it."""

import psycopg
import pytest
from harness.people import Person
from harness.types import Sql

REGISTERED = "INSERT INTO forgotten_users (pseudonym, request_id) VALUES ('forgotten-x', 'r')"
REWRITING = "UPDATE events SET user_id = 'forgotten-x', payload = forgotten_payload(payload)"
OTHERWISE = (
    "UPDATE events SET user_id = 'forgotten-x', payload = '{}'",
    "UPDATE events SET user_id = 'forgotten-y', payload = forgotten_payload(payload)",
    "UPDATE events SET user_id = 'forgotten-x', event_type = 'purchase_failed'",
    "UPDATE events SET user_id = 'forgotten-x', created_at = now()",
    "UPDATE events SET user_id = 'forgotten-x', version = 2",
    "DELETE FROM events",
    "TRUNCATE events",
)
IMPOSTOR = """
    CREATE SCHEMA impostor;
    CREATE FUNCTION impostor.forget_user() RETURNS void LANGUAGE plpgsql AS $$
        BEGIN {rewriting}; END;
    $$
"""


@pytest.fixture
def history(alice: Person) -> Person:
    """Somebody with an event that has metadata."""
    alice.purchase("p1", item_id="sword", price_stars=5, metadata={"a": 1})
    return alice


def in_one_transaction(sql: Sql, statements: tuple[str, ...]) -> None:
    with sql.transaction():
        for statement in statements:
            sql.execute(statement.encode())


def refused(sql: Sql, *statements: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        in_one_transaction(sql, statements)


def test_a_registered_pseudonym_is_not_enough(history: Person, sql: Sql) -> None:
    refused(sql, REGISTERED, REWRITING)
    refused(sql, REGISTERED, f"DO $$ BEGIN {REWRITING}; END $$")
    refused(sql, REGISTERED, f"/* \nPL/pgSQL function forget_user( */ {REWRITING}")
    assert history.history("p1") == ["purchase_succeeded"]


@pytest.mark.parametrize("rewriting", OTHERWISE)
def test_even_a_function_of_that_name_can_do_nothing_else(
    history: Person, sql: Sql, rewriting: str
) -> None:
    refused(
        sql,
        REGISTERED,
        IMPOSTOR.format(rewriting=rewriting),
        "SELECT impostor.forget_user()",
    )


def test_nor_with_a_pseudonym_of_an_earlier_transaction(history: Person, sql: Sql) -> None:
    sql.execute(REGISTERED)
    refused(sql, IMPOSTOR.format(rewriting=REWRITING), "SELECT impostor.forget_user()")


def test_forgetting_itself_is_allowed(history: Person, sql: Sql) -> None:
    assert sql.execute("SELECT forget_user('alice', 'forgotten-z', 'r')").fetchone() == (1,)
    rows = sql.execute("SELECT event_type, user_id, payload -> 'metadata' FROM events").fetchall()
    assert rows == [
        ("purchase_succeeded", "forgotten-z", {}),
        ("purchase_user_forgotten", "forgotten-z", None),
    ]
