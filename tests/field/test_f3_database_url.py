"""F3: a database address that cannot work is refused at start, and no part of it is shown."""

import sys
from pathlib import Path

import psycopg
import pytest
from harness.start import APP, FLASK, run

from stars.config import ConfigurationError, Settings

SECRETS = ("hidden", "buyer", "db.example", "shopdb")
"""The password, the user, the host and the database of each address below."""

CANNOT_WORK = {
    "a % in the password": "postgres://buyer:hidden%@db.example/shopdb",
    "an @ in the password": "postgres://buyer:hid@hidden@db.example/shopdb",
    "a / in the password": "postgres://buyer:1/hidden@db.example/shopdb",
    "a : in the user": "postgres://buyer:buyer:hidden@db.example:x/shopdb",
    "a blank in the password": "postgres://buyer:hid hidden@db.example/shopdb",
    "parameters of Prisma": "postgres://buyer:hidden@db.example/shopdb?pgbouncer=true&schema=public",
    "a parameter that nobody knows": "postgres://buyer:hidden@db.example/shopdb?hidden=1",
    "another sslmode": "postgres://buyer:hidden@db.example/shopdb?sslmode=no-verify",
    "a port that is no number": "postgres://buyer:hidden@db.example:db.example/shopdb",
    "a port that is too large": "postgres://buyer:hidden@db.example:54320000/shopdb",
    "no number of seconds": "postgres://buyer:hidden@db.example/shopdb?connect_timeout=hidden",
    "another database": "mysql://buyer:hidden@db.example/shopdb",
    "SQLAlchemy's name of a driver": "postgresql+psycopg://buyer:hidden@db.example/shopdb",
    "a line break at its end": "postgres://buyer:hidden@db.example/shopdb\n",
    "quotes around it": '"postgres://buyer:hidden@db.example/shopdb"',
    "the name of the variable": "DATABASE_URL=postgres://buyer:hidden@db.example/shopdb",
    "a quote that does not end": "host=db.example user=buyer dbname=shopdb password='hidden",
    "bytes that are no text": "postgres://buyer:hidden\udcff@db.example/shopdb",
    "only a blank": " ",
}

CAN_WORK = [
    "postgres://buyer:hid%25%40%2Fden@db.example:5432/shopdb?sslmode=verify-full",
    "postgresql://buyer:hid#?&=den@db.example/shopdb",
    "postgres://a.example,b.example:5433/shopdb?target_session_attrs=read-write",
    "postgres://buyer@[::1]:6432/shopdb?application_name=a%20b&connect_timeout=10",
    "postgres:///shopdb?host=%2Fvar%2Frun%2Fpostgresql",
    "host=db.example user=buyer password='a b' dbname=shopdb",
]


def problems(monkeypatch: pytest.MonkeyPatch, address: str) -> str:
    """What is said of an address in production; nothing if it can work."""
    monkeypatch.setenv("APP_ENV", "production")
    monkeypatch.setenv("DATABASE_URL", address)
    try:
        Settings.from_environment()
    except ConfigurationError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("address", CANNOT_WORK.values(), ids=CANNOT_WORK.keys())
def test_f3_an_address_that_cannot_work_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    head, *lines = problems(monkeypatch, address).splitlines()
    assert head == "the configuration cannot work:"
    assert [line.split()[0] for line in lines] == ["DATABASE_URL"]
    assert not [secret for secret in SECRETS if secret in lines[0]]


@pytest.mark.parametrize("address", CAN_WORK)
def test_f3_an_address_that_can_work_is_taken(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    assert problems(monkeypatch, address) == ""
    psycopg.conninfo.conninfo_to_dict(address)


@pytest.mark.parametrize(
    "command",
    [
        APP,
        [*FLASK, "db", "migrate"],
        [sys.executable, "-m", "gunicorn", "-c", "python:stars.serve"],
    ],
    ids=["app.py", "flask", "gunicorn"],
)
def test_f3_every_way_to_start_ends_with_exit_code_2(tmp_path: Path, command: list[str]) -> None:
    address = CANNOT_WORK["a % in the password"]
    refused = run(*command, cwd=tmp_path, DATABASE_URL=address, MOCK_PAYMENTS="true")
    assert refused.returncode == 2
    assert "DATABASE_URL  has a special character that is not escaped" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not [secret for secret in SECRETS if secret in refused.stderr + refused.stdout]
