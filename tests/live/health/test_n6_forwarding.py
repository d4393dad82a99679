"""N6: a bot of the shop's that does not take its updates is told of."""

import pytest
from harness.types import Sql
from harness.watched import Watched

WAITING = """
    INSERT INTO forwards (bot_id, chat, body, created_at)
    VALUES (%s, '5', '{}', clock_timestamp() - %s * interval '1 minute')
"""
GAUGE = "stars_telegram_forward_age_seconds"


def test_n6_an_update_that_has_long_waited_for_the_bot_is_named(watched: Watched, sql: Sql) -> None:
    for minutes in (1, 20):
        sql.execute(WAITING, [123456, minutes])

    assert watched.named() == {
        "forwarding": "an update has waited 20 minutes for the shop's own bot"
    }
    assert watched.metrics()[GAUGE] >= 20 * 60
    assert "forwarding: an update has waited" in watched.console()

    sql.execute("DELETE FROM forwards")
    assert watched.named() == {}
    assert GAUGE not in watched.metrics()


@pytest.mark.parametrize(("bot", "minutes"), [(123456, 5), (999, 60)], ids=["new", "another's"])
def test_n6_what_is_new_or_another_bots_is_no_problem(
    watched: Watched, sql: Sql, bot: int, minutes: int
) -> None:
    sql.execute(WAITING, [bot, minutes])

    assert watched.named() == {}
