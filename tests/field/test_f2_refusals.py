"""F2: whatever PostgreSQL refuses is "not now": a 503, its reason in the log and at a terminal."""

from collections.abc import Iterator

import psycopg
import pytest
from harness.constants import API, LIVE, WEBHOOK_SECRET
from harness.live import SECRET_HEADER
from harness.people import person
from harness.postgres import fresh_database
from harness.start import FLASK, run
from harness.types import Logged, MakeApp
from harness.updates import checkout

from stars.database.failures import refusal_for

REFUSING = {
    "rights revoked": (
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {user}",
        "permission denied for table",
    ),
    "an older schema": ("ALTER TABLE purchases RENAME COLUMN pay_url TO link", "does not exist"),
    "no tables": ("DROP TABLE events, purchases CASCADE", "does not exist"),
    "another tool's tables": (
        "ALTER TABLE purchases RENAME TO ours; CREATE TABLE purchases (id bigint)",
        "does not exist",
    ),
    "read-only": (
        "ALTER DATABASE {database} SET default_transaction_read_only = on",
        "read-only transaction",
    ),
}
CANNOT_CONNECT = {
    "nobody listens": ("postgres://buyer:hidden@127.0.0.1:1/x", "Is it running?"),
    "no such host": ("postgres://buyer:hidden@no.such.invalid/x", "DATABASE_URL says where"),
}
CODES = {
    "08006": 503,
    "0A000": 503,
    "25006": 503,
    "26000": 503,
    "28P01": 503,
    "3D000": 503,
    "40P01": 503,
    "42501": 503,
    "42703": 503,
    "42P01": 503,
    "42P05": 503,
    "53100": 503,
    "55P03": 503,
    "57014": 503,
    "57P01": 503,
    "58030": 503,
    "XX000": 503,
    "22P02": None,
    "23505": None,
    "42601": None,
}


@pytest.fixture(params=REFUSING.values(), ids=REFUSING.keys())
def refusing(request: pytest.FixtureRequest, server: str) -> Iterator[tuple[str, str]]:
    """The address of a database that refuses, and what it says; for a user without privileges."""
    statement, says = request.param
    with fresh_database(server, "migrated") as url:
        with psycopg.connect(url, autocommit=True) as conn:
            user = f"user_of_{conn.info.dbname}"
            conn.execute(f"CREATE ROLE {user} LOGIN")
            conn.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {user}")
            conn.execute(statement.format(user=user, database=conn.info.dbname))
        yield url.replace("postgres@", f"{user}@"), says
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("SET default_transaction_read_only = off")
            conn.execute(f"DROP OWNED BY {user}")
            conn.execute(f"DROP ROLE {user}")


def test_f2_callers_are_told_to_come_again_and_the_log_has_the_reason(
    refusing: tuple[str, str], make_app: MakeApp, logged: Logged
) -> None:
    url, says = refusing
    refused = person(make_app(database_url=url), "alice").invoice("p1")
    assert refused.refusal == (503, "database_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    assert says not in refused.text
    assert says in logged("database_unavailable")[0]["reason"]
    assert logged("internal_error") == []


def test_f2_a_pre_checkout_is_declined_in_words(
    refusing: tuple[str, str], make_app: MakeApp
) -> None:
    app = make_app(**LIVE, database_url=refusing[0])
    answer = app.test_client().post(
        f"{API}/webhook", json=checkout(42, "p1"), headers={SECRET_HEADER: WEBHOOK_SECRET}
    )
    assert answer.status_code == 200
    assert answer.json["method"] == "answerPreCheckoutQuery"
    assert answer.json["ok"] is False
    assert answer.json["error_message"]


def test_f2_a_command_ends_with_the_reason_in_one_line(refusing: tuple[str, str]) -> None:
    url, says = refusing
    words = ["purchase", "fail", "p1"]
    refused = run(*FLASK, *words, DATABASE_URL=url, MOCK_PAYMENTS="true")
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert says in line or "There is no purchase" in line
    assert "Send the same again" not in line


@pytest.mark.parametrize(("url", "says"), CANNOT_CONNECT.values(), ids=CANNOT_CONNECT.keys())
def test_f2_a_command_that_cannot_connect_says_what_to_do(url: str, says: str) -> None:
    refused = run(*FLASK, "db", "migrate", DATABASE_URL=url)
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert says in line
    assert "hidden" not in line
    assert "Send the same again" not in line


@pytest.mark.parametrize(("code", "status"), CODES.items())
def test_f2_the_class_of_a_code_decides(code: str, status: int | None) -> None:
    refusal = refusal_for(psycopg.errors.lookup(code)("said"))
    assert (refusal.status if refusal else None) == status
