"""The funnel's days, groups and windows, and what it costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from harness.constants import BOT_TOKEN
from harness.counting import FUNNEL, total
from harness.histories import MS, NOON, write
from harness.types import Command, MakeApp, Sql

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import funnel
from stars.errors import InvalidQuery


def test_every_day_of_the_window_is_told_and_stands_beside_that_of_the_window_before(
    db: Database, sql: Sql
) -> None:
    write(sql, "p1", "IS", NOON, NOON + timedelta(seconds=1))
    write(sql, "p0", "I", NOON - timedelta(days=3))
    since, until = NOON - timedelta(hours=12), NOON + timedelta(days=2, hours=12)
    found = funnel.measure(db, mode="mock", since=since, until=until, by="day")["groups"]
    assert [(day["key"], day["created"], day["before"]["created"]) for day in found] == [
        ("2026-03-10", 1, 1),
        ("2026-03-11", 0, 0),
        ("2026-03-12", 0, 0),
    ]
    assert [day["conversion"] for day in found] == [1.0, None, None]


def test_no_more_groups_come_than_somebody_can_read(
    db: Database, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funnel, "MOST_GROUPS", 2)
    for number, source in enumerate([None, None, None, "b", "b", "c", "d"]):
        write(sql, f"p{number}", "I", NOON, source=source)
    found = funnel.measure(db, mode="mock", since=NOON, until=NOON + MS, by="source")
    assert [(group["key"], group["created"]) for group in found["groups"]] == [(None, 3), ("b", 2)]
    assert (found["groups_left_out"], found["total"]["created"]) == (2, 7)


@pytest.mark.parametrize(
    "length", [timedelta(0), timedelta(seconds=-1), timedelta(days=366, microseconds=1)]
)
def test_an_empty_or_endless_window_is_refused(db: Database, length: timedelta) -> None:
    with pytest.raises(InvalidQuery) as refused:
        funnel.measure(db, mode="mock", since=NOON, until=NOON + length)
    assert list(refused.value.extra["errors"]) == ["since"]
    assert total(db, NOON, NOON + timedelta(days=366)) == (0, 0)


def test_both_windows_are_one_round_trip_that_reads_no_table_whole(
    app: Any, command: Command, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("db", "seed", "20000")
    params = {"since": NOON, "until": NOON, "by": "source", "mode": "mock", "bounds": funnel.BOUNDS}
    params["until"] = datetime.now(UTC)
    for days in (0.1, 1):
        params["since"] = params["until"] - timedelta(days=days)
        for mode in ("force_custom_plan", "force_generic_plan"):
            sql.execute(f"SET plan_cache_mode = {mode}")
            plan = sql.execute(
                f"EXPLAIN {queries.measure_funnel.sql}", params, prepare=True
            ).fetchall()
            assert "purchases_by_created_at" in str(plan)
            assert "Seq Scan" not in str(plan), mode

    client, sent = app.test_client(), []
    client.get(FUNNEL)  # the connection is open
    original = psycopg.Cursor.execute
    monkeypatch.setattr(
        psycopg.Cursor, "execute", lambda *args, **kw: sent.append(args[1]) or original(*args, **kw)
    )
    assert client.get(FUNNEL, query_string={"by": "day"}).json["total"]["created"] > 0
    assert len(sent) == 1


@pytest.mark.parametrize(("mode", "created"), [("mock", 1), ("live", 2), ("off", 2)])
def test_each_mode_counts_its_own_rows(
    make_app: MakeApp, sql: Sql, mode: str, created: int
) -> None:
    for number, its in enumerate(("mock", "live", "live")):
        write(sql, f"p{number}", "I", datetime.now(UTC) - MS, mode=its)
    app = make_app(mode=mode, telegram_bot_token=BOT_TOKEN)
    assert app.test_client().get(FUNNEL).json["total"]["created"] == created
