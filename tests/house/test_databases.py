"""The databases that tests are lent: as new each time, or not lent again."""

import psycopg
import pytest
from harness.databases import Databases

PURCHASE = """
    INSERT INTO purchases
        (purchase_id, user_id, item_id, price_stars, purchase_type,
         status, mode, metadata, version, created_at, invoiced_at)
    VALUES ('p1', 'alice', 'sword', 1, 'boost', 'pending', 'mock', '{}', 1, now(), now())
"""
EVENT = """
    INSERT INTO events
        (purchase_id, version, event_type, payload, user_id, request_id, created_at)
    VALUES ('p1', 1, 'purchase_invoice_created', '{}', 'alice', 'r', now())
    RETURNING event_id
"""


@pytest.fixture
def databases(server: str) -> Databases:
    """Databases of this test's own."""
    return Databases(server)


def test_what_was_written_is_gone_and_numbers_begin_anew(databases: Databases) -> None:
    numbers = []
    for _ in range(2):
        with databases.lend() as url, psycopg.connect(url, autocommit=True) as conn:
            assert conn.execute("SELECT count(*) FROM events").fetchone() == (0,)
            conn.execute(PURCHASE)
            numbers.append(conn.execute(EVENT).fetchone())
    databases.close()

    assert len(databases.clean) == 1
    assert numbers[0] == numbers[1]


def test_whoever_is_still_connected_is_cut_off(databases: Databases) -> None:
    with databases.lend() as url:
        left_behind = psycopg.connect(url)
        left_behind.execute("LOCK TABLE purchases")
    databases.close()

    with pytest.raises(psycopg.OperationalError):
        left_behind.execute("SELECT 1")


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE events DISABLE TRIGGER events_are_append_only",
        "ALTER TABLE purchases ADD COLUMN colour text",
        "ALTER TABLE purchases DROP CONSTRAINT purchases_pkey CASCADE",
        "CREATE INDEX ON purchases (item_id)",
        "CREATE TABLE another ()",
        "CREATE OR REPLACE FUNCTION next_moment() RETURNS integer LANGUAGE sql RETURN 1",
        "DELETE FROM schema_migrations",
        "TRUNCATE api_keys",
        "ANALYZE purchases",
    ],
)
def test_what_is_no_longer_as_new_is_not_lent_again(databases: Databases, change: str) -> None:
    with databases.lend() as url, psycopg.connect(url, autocommit=True) as conn:
        conn.execute(PURCHASE)
        conn.execute(change.encode())

    assert databases.clean == []


def test_a_setting_of_the_database_is_not_lent_again(databases: Databases) -> None:
    with databases.lend() as url, psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {conn.info.dbname} SET work_mem = '1MB'".encode())

    assert databases.clean == []
