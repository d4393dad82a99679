"""Purchases made up for development: like real ones, the same for the same seed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from harness.constants import BOT_TOKEN
from harness.counting import agrees
from harness.histories import EVENT
from harness.types import Command, MakeApp, Sql

from stars.database.pool import Database
from stars.domain import funnel


def test_made_up_purchases_are_like_real_ones(command: Command, db: Database, sql: Sql) -> None:
    """That their histories lead to their rows is checked behind every test; two runs do not meet."""
    for count, days in ((2000, 14), (4000, 1), (1, 1)):
        seeded = command("db", "seed", str(count), "--days", str(days), "--seed", "1")
        assert seeded.exit_code == 0, seeded.stderr
        assert seeded.stdout.startswith(f"{count} purchases ")
    now = datetime.now(UTC)
    assert sql.execute("SELECT count(*) FROM events WHERE version = 1").fetchone() == (6001,)
    assert sql.execute("SELECT max(created_at) < %s FROM events", [now]).fetchone() == (True,), (
        "nothing lies in the future"
    )
    assert sql.execute("SELECT reltuples FROM pg_class WHERE relname = 'purchases'").fetchone() == (
        6001,
    )
    assert agrees(db, sql, now - timedelta(days=7), now) > 1000
    for by, least in (("purchase_type", 4), ("source", 4), ("channel", 4)):
        found = funnel.measure(db, mode="mock", since=now - timedelta(days=15), until=now, by=by)
        assert len(found["groups"]) == least
        assert all(
            group["completed"] and group["failed"] and group["open"] for group in found["groups"]
        )
    words = {
        word
        for (word,) in sql.execute(
            "SELECT string_agg(event_type, ' ' ORDER BY version) FROM events GROUP BY purchase_id"
        )
    }
    usual = ("I", "IS", "IF", "IFR", "IFRS", "IFS", "ISF", "S", "SF")
    assert words >= {" ".join(EVENT[letter] for letter in word) for word in usual}


def test_the_same_seed_makes_the_same_histories(command: Command, sql: Sql) -> None:
    made = []
    for _ in range(2):
        run = re.search(r"seed-\w+", command("db", "seed", "200", "--seed", "7").stdout)[0]
        made.append(
            sql.execute(
                "SELECT user_id, item_id, source, channel, status, version FROM purchases WHERE purchase_id LIKE %s"
                " ORDER BY split_part(purchase_id, '-', 3)::integer",
                [f"{run}-%"],
            ).fetchall()
        )
    # The last ones may have had no time yet for all that would have happened to them.
    assert made[0][:150] == made[1][:150]
    assert len(made[0]) == 200


@pytest.mark.parametrize("settings", [{"app_env": "staging"}, {"mode": "off"}, {"mode": "live"}])
def test_purchases_are_made_up_nowhere_but_in_development(
    make_app: MakeApp, sql: Sql, settings: dict[str, str]
) -> None:
    app = make_app(**settings, telegram_bot_token=BOT_TOKEN)
    refused = app.test_cli_runner().invoke(args=["db", "seed", "10"])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "development" in refused.stderr
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)
