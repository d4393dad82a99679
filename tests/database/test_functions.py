"""The functions of sql/functions: applied when their files change, and the old release can stay."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from harness.constants import ROOT
from harness.people import person
from harness.types import MakeApp, Sql
from harness.waiting import together

from stars.database.migrate import MigrationError, SchemaFile, migrate, read_functions, status
from stars.database.pool import Database

LEDGERS = """
CREATE TABLE schema_migrations (
    number integer PRIMARY KEY, name text, sha256 text, applied_at timestamptz DEFAULT now());
CREATE TABLE schema_functions (
    name text, sha256 text, applied_at timestamptz DEFAULT clock_timestamp());
"""
OLD_RELEASE = ROOT / "benchmarks" / "statement_as_one_query.sql"


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    """The service's way to a database with nothing in it."""
    db = Database(lambda: empty_url, max_connections=4)
    yield db
    db.close()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release with one migration, and the function answer()."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "functions").mkdir()
    (tmp_path / "migrations" / "0001_ledgers.sql").write_text(LEDGERS)
    write(tmp_path, "answer", "SELECT 1")
    return tmp_path


def write(release: Path, name: str, body: str) -> None:
    """Give a release a function that returns what `body` selects."""
    text = f"CREATE OR REPLACE FUNCTION {name}() RETURNS integer LANGUAGE sql AS $${body}$$"
    (release / "functions" / f"{name}.sql").write_text(text)


def applied(db: Database, release: Path) -> list[str]:
    """Migrate, and return the names of the functions that were applied."""
    return [file.name for file in migrate(db, release) if file.number is None]


def missing(db: Database, release: Path) -> list[str]:
    return [file.name for file in status(db, release) if file.applied_at is None]


def ask(db: Database, name: str) -> int:
    """Call a function."""
    with db.connection() as conn:
        row = conn.execute(f"SELECT {name}()".encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_g20_a_function_is_applied_again_only_if_its_file_has_changed(
    empty: Database, release: Path
) -> None:
    assert applied(empty, release) == ["functions/answer"]
    assert applied(empty, release) == []

    write(release, "answer", "SELECT 2")
    assert missing(empty, release) == ["functions/answer"]
    assert applied(empty, release) == ["functions/answer"]
    assert ask(empty, "answer") == 2
    assert missing(empty, release) == []


def test_g20_two_at_once_apply_each_function_once(empty: Database, release: Path) -> None:
    names = together(*[lambda: applied(empty, release)] * 4)
    assert sorted(names) == [[], [], [], ["functions/answer"]]


@pytest.mark.parametrize("mistake", ["SELECT no_such_function()", "SELEC 1", "SELECT 'text'::date"])
def test_g20_a_function_that_fails_leaves_nothing(
    empty: Database, release: Path, mistake: str
) -> None:
    migrate(empty, release)
    write(release, "answer", "SELECT 2")
    write(release, "other", mistake)
    with pytest.raises(MigrationError, match="functions/other: "):
        migrate(empty, release)

    assert ask(empty, "answer") == 1
    assert missing(empty, release) == ["functions/answer", "functions/other"]
    write(release, "other", "SELECT 3")
    assert applied(empty, release) == ["functions/answer", "functions/other"]


def test_functions_may_call_each_other_whatever_their_order(empty: Database, release: Path) -> None:
    write(release, "a_first", "SELECT z_last()")
    write(release, "z_last", "SELECT 5")
    migrate(empty, release)
    assert ask(empty, "a_first") == 5


def test_a_release_is_content_with_functions_that_a_later_one_has_replaced(
    empty: Database, release: Path
) -> None:
    """While both run: the later release's functions serve the older one's code, too."""
    migrate(empty, release)
    write(release, "answer", "SELECT 2")
    migrate(empty, release)
    write(release, "answer", "SELECT 1")
    assert missing(empty, release) == []
    # And where the older one is released again, its functions are in force again.
    assert applied(empty, release) == ["functions/answer"]
    assert ask(empty, "answer") == 1


def test_readyz_names_the_function_that_the_database_lacks(make_app: MakeApp, sql: Sql) -> None:
    sql.execute("UPDATE schema_functions SET sha256 = 'old' WHERE name = 'functions/next_moment'")
    app = make_app()
    refused = app.test_client().get("/readyz")
    assert (refused.status_code, refused.json["error"]) == (503, "database_unavailable")
    assert "functions/next_moment" in refused.json["detail"]

    migrated = app.test_cli_runner().invoke(args=["db", "migrate"])
    assert migrated.stdout == "applied functions/next_moment\n"
    assert app.test_client().get("/readyz").status_code == 200


@pytest.mark.parametrize("function", read_functions(), ids=lambda function: function.name)
def test_each_file_holds_the_one_function_that_it_is_named_after(function: SchemaFile) -> None:
    stem = function.name.removeprefix("functions/")
    made = re.findall(r"(?m)^CREATE (?:OR REPLACE )?\w+ \w+", function.sql.decode())
    assert made == [f"CREATE OR REPLACE FUNCTION {made[0].split()[-1]}"]
    assert stem.startswith(made[0].split()[-1])


def test_the_statement_of_the_release_before_works_with_the_functions_of_this_one(
    sql: Sql,
) -> None:
    """It looked for armed outcomes, judged, changed and wrote the event in one query."""
    statement = re.sub(r"(?<!:):(\w+)", r"%(\1)s", OLD_RELEASE.read_text().split(";\n")[0])
    asked = {
        "purchase_id": "p1",
        "user_id": "alice",
        "item_id": "sword",
        "price_stars": 50,
        "purchase_type": "boost",
        "mode": "mock",
        "source": None,
        "channel": None,
        "metadata": "{}",
        "pay_url": None,
        "request_id": "r1",
        "to_status": "pending",
        "from_statuses": ["failed"],
        "event_if_new": "purchase_invoice_created",
        "event_if_known": "purchase_invoice_reopened",
        "heeds_armed": False,
    }
    made = sql.execute(statement.encode(), asked).fetchone()
    assert made is not None
    assert made[:3] == ("changed", "purchase_invoice_created", None)

    dearer = sql.execute(statement.encode(), asked | {"price_stars": 51}).fetchone()
    assert dearer is not None
    assert dearer[0] == "params_mismatch"

    sql.execute("INSERT INTO items VALUES ('sword', 'Sword', 'Sharp.', 60, 'boost', NULL, true)")
    unsold = sql.execute(statement.encode(), asked | {"purchase_id": "p2"}).fetchone()
    assert unsold is not None
    assert unsold[0] == "price_stars"


def test_a_column_that_a_migration_adds_disturbs_no_open_connection(
    url: str, make_app: MakeApp, sql: Sql
) -> None:
    """The functions keep their plans, and rows in variables, as long as a connection lives."""
    alice = person(make_app(), "alice")
    for purchase_id in ("p1", "p2", "p3", "p4", "p5", "p6", "p7"):
        alice.invoice(purchase_id)
        assert alice.purchase(purchase_id).json["status"] == "succeeded"
    with psycopg.connect(url) as other:
        other.execute("ALTER TABLE purchases ADD COLUMN added_later integer")
        other.execute("ALTER TABLE events ADD COLUMN added_later integer")

    assert alice.invoice("p8").status_code == 201
    assert alice.purchase("p8").json["status"] == "succeeded"
    assert alice.purchase("p8").json["status"] == "succeeded"
