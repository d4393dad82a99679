"""sql/schema.sql says what a database is: the same as the sum of the migrations."""

import psycopg
import pytest
from harness.constants import ROOT
from harness.types import Sql

# What PostgreSQL calls the things of a schema, and how it writes each of them.
CATALOGS = {
    "columns": """
        SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull,
            attidentity, pg_get_expr(adbin, adrelid)
        FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'c')
            AND attnum > 0 AND NOT attisdropped
    """,
    "domains": """
        SELECT typname, format_type(typbasetype, typtypmod), conname, pg_get_constraintdef(c.oid)
        FROM pg_type LEFT JOIN pg_constraint AS c ON contypid = pg_type.oid
        WHERE typnamespace = 'public'::regnamespace AND typtype = 'd'
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 'n'
    """,
    "indexes": """
        SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    """,
    "triggers": """
        SELECT tgrelid::regclass::text, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal
    """,
}
FUNCTIONS_OF_TRIGGERS = ("refuse_to_rewrite_history", "queue_for_the_feed")


@pytest.mark.parametrize("catalog", CATALOGS)
def test_the_schema_is_the_sum_of_the_migrations(catalog: str, sql: Sql, empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as described:
        for name in FUNCTIONS_OF_TRIGGERS:
            described.execute((ROOT / f"sql/functions/{name}.sql").read_bytes())
        described.execute((ROOT / "sql/schema.sql").read_bytes())
        told = set(described.execute(CATALOGS[catalog].encode()).fetchall())

    migrated = set(sql.execute(CATALOGS[catalog].encode()).fetchall())

    assert told
    assert told == migrated
