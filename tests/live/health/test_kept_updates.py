"""Updates are kept for as long as is said, and no longer."""

from collections.abc import Callable
from datetime import timedelta

from harness.watched import Watched, keep_update

from stars.live import inbox


def test_old_updates_are_pruned_but_those_that_nobody_handled(watched: Watched) -> None:
    """They are pruned in batches; these are more than two."""
    three_months = 91 * 24
    for number in range(2500):
        keep_update(watched.sql, number, hours_ago=three_months)
    keep_update(watched.sql, 5001, hours_ago=three_months - 72)
    db = watched.app.extensions["stars"].db
    keep_update(watched.sql, 5002, hours_ago=three_months, handled=False)

    assert inbox.prune(db, bot_id=123456, keep_for=timedelta(days=90)) == 2500

    kept = watched.sql.execute("SELECT update_id FROM telegram_updates ORDER BY 1").fetchall()
    assert kept == [(5001,), (5002,)]


def test_another_bots_updates_are_left_to_it(watched: Watched) -> None:
    keep_update(watched.sql, 1, hours_ago=91 * 24)
    watched.sql.execute("UPDATE telegram_updates SET bot_id = 999")

    watched.reconcile()

    assert watched.sql.execute("SELECT bot_id FROM telegram_updates").fetchall() == [(999,)]


def test_how_long_updates_are_kept_is_a_setting(make_watched: Callable[..., Watched]) -> None:
    watched = make_watched(keep_updates=2)
    keep_update(watched.sql, 1, hours_ago=49)
    keep_update(watched.sql, 2, hours_ago=47)

    watched.reconcile()

    assert watched.sql.execute("SELECT update_id FROM telegram_updates").fetchall() == [(2,)]
