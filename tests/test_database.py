"""G19, G20 and the rules the database keeps by itself: check, migrations, append-only events, one round trip."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from harness.constants import SWORD
from harness.people import Person, person
from harness.waiting import eventually, together

from stars.database.migrate import MigrationError, migrate, read, status
from stars.database.pool import Database
from stars.database.queries import queries

TAMPERINGS = {
    "status": "UPDATE purchases SET status = 'failed', failed_at = now()",
    "version": "UPDATE purchases SET version = version + 1",
    "time": "UPDATE purchases SET succeeded_at = succeeded_at + interval '1 second'",
    "price": "UPDATE purchases SET price_stars = 1",
    "owner": "UPDATE purchases SET user_id = 'mallory'",
    "event gone": "DELETE FROM events WHERE version = 2",
    "first event gone": "DELETE FROM events WHERE version = 1",
    "every event gone": "DELETE FROM events",
    "event type": "UPDATE events SET event_type = 'purchase_failed' WHERE version = 2",
    "event of nothing": "UPDATE events SET event_type = 'purchase_invoice_reopened' WHERE version = 1",
    "event order": "UPDATE events SET created_at = created_at - interval '1 hour' WHERE version = 2",
    "event price": """UPDATE events SET payload = (payload::jsonb || '{"price_stars": 1}')::json WHERE version = 2""",
    "event previous status": """UPDATE events SET payload = (payload::jsonb || '{"previous_status": "failed"}')::json
        WHERE version = 2""",
    "event user": "UPDATE events SET user_id = 'mallory' WHERE version = 2",
}


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_g19_check_finds_what_was_tampered_with(
    alice: Person, console: Any, sql: psycopg.Connection[Any], tampering: str
) -> None:
    for purchase_id in ("p1", "sound"):
        alice.invoice(purchase_id)
        alice.purchase(purchase_id)
    assert (console("db", "check").exit_code, console("db", "check", "--json").stdout) == (
        0,
        "[]\n",
    )

    sql.execute("ALTER TABLE events DISABLE TRIGGER events_are_append_only")
    sql.execute("BEGIN")
    sql.execute(f"{tampering} {'AND' if 'WHERE' in tampering else 'WHERE'} purchase_id = 'p1'")
    sql.execute("COMMIT")
    found = console("db", "check")
    sql.execute("DELETE FROM events WHERE purchase_id = 'p1'")
    sql.execute("DELETE FROM purchases WHERE purchase_id = 'p1'")

    assert found.exit_code == 1
    assert "p1" in found.stdout
    assert "sound" not in found.stdout


def test_events_are_append_only(alice: Person, sql: psycopg.Connection[Any]) -> None:
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
def test_the_database_keeps_every_rule_by_itself(
    sql: psycopg.Connection[Any], column: str, value: Any
) -> None:
    names = ", ".join(ROW)
    insert = f"INSERT INTO purchases ({names}) VALUES ({', '.join(f'%({name})s' for name in ROW)})"
    with pytest.raises(psycopg.errors.IntegrityError):
        sql.execute(insert, ROW | {column: value})
    with sql.transaction(force_rollback=True):
        sql.execute(insert, ROW)
        with pytest.raises(psycopg.errors.UniqueViolation):
            sql.execute(insert, ROW)


def test_every_statement_fits_the_schema(sql: psycopg.Connection[Any]) -> None:
    names = [name for name in queries.available_queries if not name.endswith("_cursor")]
    assert len(names) >= 5
    for name in names:
        text, params = getattr(queries, name).sql, {}
        numbered = re.sub(
            r"%\((\w+)\)s", lambda m, p=params: f"${p.setdefault(m[1], len(p) + 1)}", text
        )
        sql.execute(f"PREPARE {name} AS {numbered}".encode())
        assert len(text) < 4096, "psycopg would parse it anew at each call"


def test_one_transition_is_one_round_trip(
    app: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Count what is sent to PostgreSQL, by whoever asks for what."""
    sent: list[str] = []
    original = psycopg.Cursor.execute

    def counting(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(str(query)[:40])
        return original(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", counting)
    alice, bob = person(app, "alice"), person(app, "bob")
    alice.get("warm")  # the connection is open
    calls = [
        lambda: alice.invoice("p1"),
        lambda: alice.invoice("p1"),
        lambda: alice.purchase("p1"),
        lambda: alice.purchase("p1"),
        lambda: bob.purchase("p1"),
        lambda: alice.purchase("p2", **SWORD),
        lambda: alice.get("p1"),
        lambda: alice.history("p1"),
        lambda: alice.purchase("unknown"),
    ]
    for call in calls:
        sent.clear()
        call()
        assert len(sent) == 1


def test_one_transition_is_one_transaction(alice: Person, sql: psycopg.Connection[Any]) -> None:
    alice.invoice("p1")
    alice.purchase("p1")
    rows = sql.execute(
        "SELECT p.xmin, e.xmin FROM purchases p JOIN events e USING (purchase_id, version)"
    ).fetchall()
    assert [row == event for row, event in rows] == [True]


@pytest.fixture
def empty(empty_url: str) -> Any:
    """The service's way to a database with nothing in it."""
    db = Database(lambda: empty_url, max_connections=4)
    yield db
    db.close()


def write(folder: Path, number: int, sql: str) -> None:
    (folder / f"{number:04}_step.sql").write_text(sql)


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """A folder of migrations: the real first one and a small second."""
    (tmp_path / "0001_first.sql").write_bytes(read()[0].sql)
    write(tmp_path, 2, "CREATE TABLE second (id integer);")
    return tmp_path


def test_g20_migrating_twice_changes_nothing(empty: Database, steps: Path) -> None:
    assert [one.number for one in migrate(empty, steps)] == [1, 2]
    before = status(empty, steps)
    assert migrate(empty, steps) == []
    assert status(empty, steps) == before
    assert all(one.applied_at for one in before)


def test_g20_two_at_once_apply_each_once(empty: Database, steps: Path) -> None:
    applied = together(*[lambda: [one.number for one in migrate(empty, steps)]] * 4)
    assert sorted(number for one in applied for number in one) == [1, 2]


def test_g20_an_edited_old_file_is_refused(empty: Database, steps: Path) -> None:
    migrate(empty, steps)
    write(steps, 2, "CREATE TABLE another (id integer);")
    write(steps, 3, "CREATE TABLE third (id integer);")
    with pytest.raises(MigrationError, match="0002_step: edited after it was applied"):
        migrate(empty, steps)
    with empty.connection() as conn:
        assert conn.execute("SELECT to_regclass('third')").fetchone() == (None,)


def test_g20_one_that_fails_halfway_leaves_nothing(empty: Database, steps: Path) -> None:
    for mistake in (
        "SELECT no_such_column FROM third",
        "SELECT FROM no_such_table",
        "SELECT 1/0",
        "SELEC",
    ):
        write(
            steps, 3, f"CREATE TABLE third (id integer); INSERT INTO third VALUES (1); {mistake};"
        )
        with pytest.raises(MigrationError, match="0003_step: "):
            migrate(empty, steps)
    assert [bool(one.applied_at) for one in status(empty, steps)] == [True, True, False]
    with empty.connection() as conn:
        assert conn.execute("SELECT to_regclass('second'), to_regclass('third')").fetchone() == (
            "second",
            None,
        )
    write(steps, 3, "CREATE TABLE third (id integer);")
    assert [one.number for one in migrate(empty, steps)] == [3]


def test_g20_a_gap_in_the_numbers_is_refused(empty: Database, steps: Path) -> None:
    write(steps, 4, "SELECT 1;")
    with pytest.raises(MigrationError, match="numbers run without gaps"):
        migrate(empty, steps)
    with empty.connection() as conn:
        assert conn.execute("SELECT to_regclass('purchases')").fetchone() == (None,)


def test_g20_a_database_ahead_of_the_release_is_no_concern_of_the_old_code(
    empty: Database, steps: Path
) -> None:
    migrate(empty, steps)
    (steps / "0002_step.sql").unlink()
    assert [bool(one.applied_at) for one in status(empty, steps)] == [True]


def test_a_database_without_migrations_is_unavailable_and_says_what_to_do(
    make_app: Callable[..., Any], empty_url: str
) -> None:
    app = make_app(database_url=empty_url)
    refused = app.test_client().get("/readyz")
    assert (refused.status_code, refused.json["error"]) == (503, "database_unavailable")
    assert "flask db migrate" in refused.json["detail"]
    assert person(app, "alice").invoice("p1").json["error"] == "database_unavailable"
    assert app.test_client().get("/livez").status_code == 200
    assert (
        app.test_cli_runner()
        .invoke(args=["db", "migrate"])
        .stdout.startswith("applied 0001_purchases_and_events\n")
    )
    assert app.test_client().get("/readyz").status_code == 200
    assert person(app, "alice").invoice("p1").status_code == 201


def test_a_standby_is_left_for_the_primary(
    url: str, make_app: Callable[..., Any], sql: psycopg.Connection[Any]
) -> None:
    """After a failover a connection to what is now read-only is not kept."""
    app = make_app()
    alice = person(app, "alice")
    database = sql.info.dbname
    sql.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    assert alice.invoice("p1").json["error"] == "database_unavailable"
    sql.execute("SET default_transaction_read_only = off")
    sql.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    eventually(lambda: alice.invoice("p1").status_code == 201)
