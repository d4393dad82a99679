"""F4: behind PgBouncer, as it comes and as people set it up."""

import time
from collections.abc import Iterator

import psycopg
import pytest
from harness.people import Person, person
from harness.pgbouncer import PgBouncer, pgbouncer
from harness.postgres import Mortal, fresh_database
from harness.start import FLASK, run
from harness.types import Logged, MakeApp, Sql
from harness.waiting import blocked, eventually, together

from stars.database.connections import SESSION

IGNORING = "ignore_startup_parameters = options, extra_float_digits"
KINDS = {
    "as it comes": {},
    "ignoring options": {"more": IGNORING},
    "in session mode": {"mode": "session", "servers": 20},
}


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def pooler(request: pytest.FixtureRequest, url: str) -> Iterator[PgBouncer]:
    """A PgBouncer of each kind, before the test's database."""
    with pgbouncer(url, **request.param) as pooler:
        yield pooler


@pytest.fixture
def strict(url: str) -> Iterator[PgBouncer]:
    """One that is as it comes."""
    with pgbouncer(url) as pooler:
        yield pooler


def buy(buyer: Person, number: int) -> list[int]:
    """The status codes of a whole flow, each call of it twice."""
    name = f"{buyer.name}-{number}"
    calls = [buyer.invoice, buyer.invoice, buyer.purchase, buyer.purchase, buyer.get]
    return [call(name).status_code for call in calls]


def test_f4_every_call_is_answered_and_every_history_is_whole(
    pooler: PgBouncer, make_app: MakeApp
) -> None:
    """More callers than sessions, so that no connection meets the same session twice in a row."""
    app = make_app(database_url=pooler.url)
    buyers = [person(app, f"buyer-{number}") for number in range(8)]

    def buy_often(buyer: Person) -> list[list[int]]:
        return [buy(buyer, number) for number in range(15)]

    for flows in together(*(lambda one=one: buy_often(one) for one in buyers)):
        assert flows == [[201, 200, 200, 200, 200]] * 15
    for buyer in buyers:
        assert buyer.history(f"{buyer.name}-7") == [
            "purchase_invoice_created",
            "purchase_succeeded",
        ]


def test_f4_times_are_utc_whatever_the_database_thinks(server: str, make_app: MakeApp) -> None:
    with fresh_database(server, "migrated") as url, pgbouncer(url) as pooler:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(f"ALTER DATABASE {conn.info.dbname} SET timezone = 'Asia/Tokyo'")
        alice = person(make_app(database_url=pooler.url), "alice")
        document = alice.invoice("p1") and alice.get("p1").json
        assert document["created_at"].endswith("+00:00")
        assert document["invoiced_at"].endswith("+00:00")
        assert alice.events("p1")[0]["created_at"].endswith("+00:00")


def test_f4_a_lock_is_waited_for_no_longer_and_nothing_is_done_later(
    pooler: PgBouncer, make_app: MakeApp, url: str, sql: Sql
) -> None:
    alice = person(make_app(database_url=pooler.url), "alice")
    alice.invoice("p1")
    with psycopg.connect(url) as holder:
        holder.execute("SELECT FROM purchases WHERE purchase_id = 'p1' FOR UPDATE")
        began = time.monotonic()
        refused = alice.purchase("p1")
        took = time.monotonic() - began
        assert refused.refusal == (503, "busy")
        assert took < 5
        eventually(lambda: blocked(sql) == 0)
    assert alice.get("p1").json["status"] == "pending"


def test_f4_a_request_that_is_refused_leaves_the_session_clean(
    strict: PgBouncer, make_app: MakeApp
) -> None:
    app = make_app(database_url=strict.url)
    alice, bob = person(app, "alice"), person(app, "bob")
    alice.invoice("p1")
    for _ in range(10):
        assert bob.purchase("p1").status_code == 409
        assert alice.invoice("p1", price_stars=7).status_code == 409
        assert alice.invoice("p1").status_code == 200


def test_f4_the_cure_that_is_logged_spares_the_round_trips(
    server: str, make_app: MakeApp, logged: Logged
) -> None:
    with fresh_database(server, "migrated") as url:
        with pgbouncer(url) as pooler:
            assert (
                person(make_app(database_url=pooler.url), "alice").invoice("p1").status_code == 201
            )
        [warning] = logged("each_statement_is_a_transaction")
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(warning["cure"])
        with pgbouncer(url) as pooler:
            app = make_app(database_url=pooler.url)
            with app.extensions["stars"].db.connection() as conn:
                assert conn.keeps_session
                assert conn.prepare_threshold is None
            assert person(app, "alice").invoice("p1").status_code == 200
    assert len(logged("each_statement_is_a_transaction")) == 1


def test_f4_commands_work_through_it(empty_url: str) -> None:
    with pgbouncer(empty_url) as pooler:
        applied = run(*FLASK, "db", "migrate", DATABASE_URL=pooler.url)
        assert applied.returncode == 0, applied.stderr
        assert applied.stdout.startswith("applied 0001")
        checked = run(*FLASK, "db", "check", DATABASE_URL=pooler.url)
        assert checked.returncode == 0, checked.stderr


def test_f4_prepared_statements_are_used_where_nothing_stands_between(
    url: str, strict: PgBouncer, make_app: MakeApp
) -> None:
    for address, prepares in ((url, True), (strict.url, False)):
        app = make_app(database_url=address)
        alice = person(app, "alice")
        for _ in range(30):
            alice.invoice("p1")
        with app.extensions["stars"].db.connection() as conn:
            assert (conn.prepare_threshold is not None) == prepares
            prepared = conn.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
            assert (prepared != (0,)) == prepares
            assert conn.keeps_session == prepares


def test_f4_postgresql_away_behind_it_is_a_503_in_time_and_over_when_it_is_back(
    mortal: Mortal, make_app: MakeApp
) -> None:
    with pgbouncer(mortal.url) as pooler:
        alice = person(make_app(database_url=pooler.url), "alice")
        assert alice.invoice("p1").status_code == 201
        mortal.kill()
        for _ in range(3):
            began = time.monotonic()
            assert alice.invoice("p1").refusal == (503, "database_unavailable")
            assert time.monotonic() - began < 5
        mortal.start()
        eventually(lambda: alice.invoice("p1").status_code == 200, within=180)


def test_f4_a_pooler_that_was_restarted_is_found_again(
    strict: PgBouncer, make_app: MakeApp
) -> None:
    alice = person(make_app(database_url=strict.url), "alice")
    alice.invoice("p1")
    strict.stop()
    assert alice.invoice("p1").refusal == (503, "database_unavailable")
    strict.start()
    eventually(lambda: alice.invoice("p1").status_code == 200)


def test_f4_the_settings_are_those_that_postgresql_shows(sql: Sql) -> None:
    """They are compared as text: written in another way, none would ever be kept."""
    for name, value in SESSION.items():
        sql.execute(f"SET {name} = '{value}'")
        assert sql.execute(f"SHOW {name}").fetchone() == (value,)
