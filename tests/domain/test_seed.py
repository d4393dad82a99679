"""Purchases made up for development: like real ones, the same for the same seed."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness.constants import BOT_TOKEN
from harness.counting import compare_with_hand_count
from harness.histories import EVENT
from harness.types import Command, MakeApp, Sql

from stars.database.pool import Database
from stars.domain import funnel

USUAL = ("I", "IS", "IF", "IFR", "IFRS", "IFS", "ISF", "S", "SF")
HISTORIES = """
    SELECT array_agg(event_type::text ORDER BY version) FROM events GROUP BY purchase_id
"""
MADE_UP = """
    SELECT user_id, item_id, source, channel, status, version
    FROM purchases WHERE purchase_id LIKE %s
    ORDER BY split_part(purchase_id, '-', 3)::integer
"""


def test_made_up_purchases_are_like_real_ones(command: Command, db: Database, sql: Sql) -> None:
    """That their histories lead to their rows is checked behind every test."""
    for count, days in ((2000, 14), (4000, 1), (1, 1)):
        made = command("db", "seed", str(count), "--days", str(days), "--seed", "1")
        assert made.exit_code == 0, made.stderr
        assert made.stdout.startswith(f"{count} purchases ")

    now = datetime.now(UTC)
    runs_of_the_same_seed_do_not_meet(sql)
    nothing_lies_in_the_future(sql, now)
    every_usual_history_is_there(sql)
    every_group_has_every_end(db, now)
    assert compare_with_hand_count(db, sql, now - timedelta(days=7), now) > 1000


def runs_of_the_same_seed_do_not_meet(sql: Sql) -> None:
    begun = "SELECT count(*) FROM events WHERE version = 1"
    assert sql.execute(begun).fetchone() == (6001,)
    counted = "SELECT reltuples FROM pg_class WHERE relname = 'purchases'"
    assert sql.execute(counted).fetchone() == (6001,), "the planner is told of them"


def nothing_lies_in_the_future(sql: Sql, now: datetime) -> None:
    later = "SELECT count(*) FROM events WHERE created_at > %s"
    assert sql.execute(later, [now]).fetchone() == (0,)


def every_usual_history_is_there(sql: Sql) -> None:
    histories = [history for (history,) in sql.execute(HISTORIES)]
    for word in USUAL:
        assert [EVENT[letter] for letter in word] in histories, word


def every_group_has_every_end(db: Database, now: datetime) -> None:
    since = now - timedelta(days=15)
    for by in ("purchase_type", "source", "channel"):
        groups = funnel.measure(db, mode="mock", since=since, until=now, by=by)["groups"]
        assert len(groups) == 4
        for group in groups:
            assert min(group["completed"], group["failed"], group["open"]) > 0, by


def test_the_same_seed_makes_the_same_histories(command: Command, sql: Sql) -> None:
    def make() -> list[Any]:
        said = command("db", "seed", "200", "--seed", "7").stdout
        run = re.findall(r"seed-\w+", said)[0]
        return sql.execute(MADE_UP, [f"{run}-%"]).fetchall()

    first = make()
    second = make()

    assert len(first) == 200
    # The last ones may have had no time yet for all that would have happened to them.
    assert first[:150] == second[:150]


@pytest.mark.parametrize("settings", [{"app_env": "staging"}, {"mode": "off"}, {"mode": "live"}])
def test_purchases_are_made_up_nowhere_but_in_development(
    make_app: MakeApp, sql: Sql, settings: dict[str, str]
) -> None:
    app = make_app(**settings, telegram_bot_token=BOT_TOKEN)
    refused = app.test_cli_runner().invoke(args=["db", "seed", "10"])

    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert "development" in refused.stderr
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)
