"""The funnel's days, groups and windows, and what it costs."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from harness.constants import BOT_TOKEN
from harness.counting import FUNNEL, count_created
from harness.histories import MS, NOON, write_history
from harness.types import Command, MakeApp, Sql

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import funnel
from stars.errors import InvalidQuery


def test_every_day_of_the_window_is_told_and_stands_beside_that_of_the_window_before(
    db: Database, sql: Sql
) -> None:
    write_history(sql, "p1", "IS", NOON, NOON + timedelta(seconds=1))
    write_history(sql, "p0", "I", NOON - timedelta(days=3))
    since = NOON - timedelta(hours=12)
    until = NOON + timedelta(days=2, hours=12)

    found = funnel.measure(db, mode="mock", since=since, until=until, by="day")["groups"]
    assert [day["key"] for day in found] == ["2026-03-10", "2026-03-11", "2026-03-12"]
    assert [day["created"] for day in found] == [1, 0, 0]
    assert [day["before"]["created"] for day in found] == [1, 0, 0]
    assert [day["conversion"] for day in found] == [1.0, None, None]


def test_no_more_groups_come_than_somebody_can_read(
    db: Database, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funnel, "MOST_GROUPS", 2)
    for number, source in enumerate([None, None, None, "b", "b", "c", "d"]):
        write_history(sql, f"p{number}", "I", NOON, source=source)

    found = funnel.measure(db, mode="mock", since=NOON, until=NOON + MS, by="source")
    assert [(group["key"], group["created"]) for group in found["groups"]] == [(None, 3), ("b", 2)]
    assert found["groups_left_out"] == 2
    assert found["total"]["created"] == 7


@pytest.mark.parametrize(
    "length", [timedelta(0), timedelta(seconds=-1), timedelta(days=366, microseconds=1)]
)
def test_an_empty_or_endless_window_is_refused(db: Database, length: timedelta) -> None:
    with pytest.raises(InvalidQuery) as refused:
        funnel.measure(db, mode="mock", since=NOON, until=NOON + length)
    assert list(refused.value.extra["errors"]) == ["since"]


def test_a_window_may_be_a_leap_year_long(db: Database) -> None:
    assert count_created(db, NOON, NOON + timedelta(days=366)) == (0, 0)


def test_both_windows_are_counted_without_reading_a_table_whole(command: Command, sql: Sql) -> None:
    command("db", "seed", "20000")
    while sql.execute("SELECT sequence_feed()").fetchone() != (0,):
        pass
    command("db", "count-funnel")
    sql.execute("VACUUM ANALYZE")  # what the planner knows shall not hang on autovacuum
    until = datetime.now(UTC)
    for mode in ("force_custom_plan", "force_generic_plan"):
        sql.execute(f"SET plan_cache_mode = {mode}")
        for days in (0.1, 1):
            plan = plan_of_funnel(sql, until - timedelta(days=days), until)
            assert "purchases_by_created_at" in plan, mode
            for table in ("purchases", "events", "feed"):
                assert f"Seq Scan on {table} " not in plan, mode


def plan_of_funnel(sql: Sql, since: datetime, until: datetime) -> str:
    """How PostgreSQL would count this window."""
    explain = f"EXPLAIN {queries.measure_funnel.sql}"
    params = {
        "first": since - (until - since),
        "since": since,
        "until": until,
        "by": "source",
        "mode": "mock",
        "edges": funnel.EDGES,
    }
    return str(sql.execute(explain.encode(), params, prepare=True).fetchall())


def test_both_windows_are_one_statement(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    client.get(FUNNEL)  # the connection is open
    sent: list[Any] = []
    original = psycopg.Cursor.execute

    def counting(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        # The pool's own threads open connections meanwhile, and look at what they lead to.
        if threading.current_thread() is threading.main_thread():
            sent.append(query)
        return original(cursor, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", counting)
    assert client.get(FUNNEL, query_string={"by": "day"}).status_code == 200
    assert sent.count(queries.measure_funnel.sql) == 1
    of_subscriptions = (queries.count_subscriptions.sql, queries.list_cohorts.sql)
    others = {queries.measure_funnel.sql, queries.make_room.sql, *of_subscriptions}
    assert [query for query in sent if query not in others and query.startswith("WITH")] == []


@pytest.mark.parametrize(("mode", "created"), [("mock", 1), ("live", 2), ("off", 2)])
def test_each_mode_counts_its_own_rows(
    make_app: MakeApp, sql: Sql, mode: str, created: int
) -> None:
    for number, its_mode in enumerate(("mock", "live", "live")):
        write_history(sql, f"p{number}", "I", datetime.now(UTC) - MS, mode=its_mode)

    app = make_app(mode=mode, telegram_bot_token=BOT_TOKEN)
    assert app.test_client().get(FUNNEL).json["total"]["created"] == created
