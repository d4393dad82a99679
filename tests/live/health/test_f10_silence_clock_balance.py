"""F10: silence, a clock that is off and a balance too low are told of."""

import json
from collections.abc import Callable

import pytest
from harness.constants import LIVE
from harness.updates import message
from harness.watched import Telegram, Watched, keep_update, start_purchase


def test_f10_silence_while_purchases_are_started_is_named(watched: Watched) -> None:
    keep_update(watched.sql, 1, hours_ago=30)
    assert watched.named() == {}  # a quiet day

    start_purchase(watched.sql, hours_ago=25.5)

    named = watched.named()
    assert "Telegram has told nothing for 25 hours" in named["silence"]
    assert watched.reconcile().exit_code == 1
    age = watched.metrics()["stars_telegram_last_update_age_seconds"]
    assert 29 * 3600 < age < 31 * 3600
    assert "silence: purchases are started" in watched.console()

    keep_update(watched.sql, 2, hours_ago=1)
    assert watched.named() == {}


def test_f10_how_long_silence_may_last_is_a_setting(make_watched: Callable[..., Watched]) -> None:
    watched = make_watched(silence_after=1)
    start_purchase(watched.sql, hours_ago=2)

    assert list(watched.named()) == ["silence"]


@pytest.mark.parametrize(
    ("ahead", "problem"),
    [(0, None), (20, None), (300, "300 s behind Telegram's"), (-90, "90 s ahead of Telegram's")],
)
def test_f10_a_clock_that_is_off_is_named(
    watched: Watched, telegram: Telegram, ahead: float, problem: str | None
) -> None:
    telegram.clock_ahead = ahead

    named = watched.named().get("clock")

    assert abs(watched.metrics()["stars_telegram_clock_ahead_seconds"] - ahead) < 5
    assert watched.reconcile().exit_code == (1 if problem else 0)
    if problem is None:
        assert named is None
    else:
        assert named is not None
        # By how many seconds exactly depends on the moment.
        assert named.split()[-2:] == problem.split()[-2:]
        assert "clock: this clock is" in watched.console()


def test_f10_a_balance_too_low_for_what_waits_is_named(
    watched: Watched, telegram: Telegram
) -> None:
    payments = watched.app.extensions["stars"].payments
    start_purchase(watched.sql)
    found = watched.sql.execute("SELECT purchase_id FROM purchases").fetchone()
    assert found is not None
    update = message(42, found[0], "c1", amount=70)
    payments.accept_update(
        secret=LIVE["telegram_webhook_secret"], body=json.dumps(update).encode(), request_id="r"
    )
    # Its next try lies ahead, so it waits.
    watched.sql.execute("UPDATE refunds SET due_at = now() + interval '1 hour'")
    telegram.balance = 69

    assert watched.named() == {"balance": "70 Stars are to be refunded, and the bot has 69"}
    assert watched.metrics()["stars_telegram_balance_stars"] == -1
    assert "balance: 70 Stars are to be refunded" in watched.console()
    telegram.balance = 70
    assert watched.named() == {}
