"""G20: migrations are applied once, each, whole, unedited."""

from pathlib import Path
from typing import Any

import pytest
from harness.waiting import together

from stars.database.migrate import MigrationError, migrate, read_migrations, status
from stars.database.pool import Database


@pytest.fixture
def empty(empty_url: str) -> Any:
    """The service's way to a database with nothing in it."""
    db = Database(lambda: empty_url, max_connections=4)
    yield db
    db.close()


def write(folder: Path, number: int, sql: str) -> None:
    (folder / "migrations" / f"{number:04}_step.sql").write_text(sql)


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """A folder of migrations: the real first one and a small second."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_first.sql").write_bytes(read_migrations()[0].sql)
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
    (steps / "migrations" / "0002_step.sql").unlink()
    assert [bool(one.applied_at) for one in status(empty, steps)] == [True]
