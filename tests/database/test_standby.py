"""A database without migrations, and one that turned into a standby."""

from harness.people import person
from harness.types import MakeApp, Sql
from harness.waiting import eventually


def test_a_database_without_migrations_is_unavailable_and_says_what_to_do(
    make_app: MakeApp, empty_url: str
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


def test_a_standby_is_left_for_the_primary(url: str, make_app: MakeApp, sql: Sql) -> None:
    """After a failover a connection to what is now read-only is not kept."""
    app = make_app()
    alice = person(app, "alice")
    database = sql.info.dbname
    sql.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    assert alice.invoice("p1").json["error"] == "database_unavailable"
    sql.execute("SET default_transaction_read_only = off")
    sql.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    eventually(lambda: alice.invoice("p1").status_code == 201)
