"""G35: the funnel's numbers are those counted by hand from the events."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness.counting import agrees, total
from harness.histories import MS, NOON, WORDS, write
from harness.people import person
from harness.types import Command, Sql

from stars.database.pool import Database
from stars.domain import funnel


def test_g35_the_numbers_are_those_counted_by_hand(db: Database, sql: Sql) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    for number in range(300):
        word = draw.choice(WORDS)
        at = (
            NOON
            + draw.choice([1, 0, -1, -2]) * timedelta(days=7)
            + draw.choice([0, 1])
            * timedelta(microseconds=draw.choice([-1, 0, draw.randrange(7 * 24 * 3600 * 10**6)]))
        )
        times = [at]
        for _ in word[1:]:
            times.append(
                times[-1] + draw.choice([MS, 999 * MS, 1000 * MS, draw.lognormvariate(9, 2.5) * MS])
            )
        write(
            sql,
            f"p{number}",
            word,
            *times,
            source=draw.choice(["shop", "ad", None]),
            channel=draw.choice(["a", "b", None]),
            purchase_type=draw.choice(["boost", "cosmetic"]),
            mode=draw.choice(["mock", "mock", "mock", "live"]),
        )
    week = timedelta(days=7)
    assert agrees(db, sql, NOON, NOON + week) > 10
    assert agrees(db, sql, NOON, NOON + week, "live") > 1
    agrees(db, sql, NOON - week, NOON)
    agrees(db, sql, NOON.replace(hour=0), NOON.replace(hour=0) + week)
    for _ in range(5):
        since = NOON + timedelta(seconds=draw.randrange(-10 * 86400, 7 * 86400))
        agrees(db, sql, since, since + timedelta(seconds=draw.randrange(1, 10 * 86400)))
    sql.execute("UPDATE purchases SET mode = 'mock'")  # as live ones they would lack their charges


def test_g35_the_numbers_of_what_was_really_bought_are_those_counted_by_hand(
    app: Any, db: Database, command: Command, sql: Sql
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    since = datetime.now(UTC)
    for _ in range(150):
        who, purchase_id = person(app, draw.choice(["alice", "bob"])), f"p{draw.randrange(40)}"
        offer = {
            "purchase_type": draw.choice(["boost", "cosmetic"]),
            **draw.choice([{}, {"source": "shop"}]),
        }
        match draw.randrange(6):
            case 0 | 1 | 2:
                who.invoice(purchase_id, **offer)
            case 3:
                who.purchase(purchase_id)
            case 4:
                who.purchase(purchase_id, item_id="sword", price_stars=5)
            case 5:
                command("purchase", "fail", purchase_id)
    assert agrees(db, sql, since, datetime.now(UTC)) > 5
    until = datetime.now(UTC)
    agrees(db, sql, until - (until - since) / 2, until)


def test_g35_a_window_begins_with_its_first_microsecond_and_ends_before_its_last(
    db: Database, sql: Sql
) -> None:
    write(sql, "p1", "I", NOON)
    tick, hour = timedelta(microseconds=1), timedelta(hours=1)
    assert total(db, NOON, NOON + hour) == (1, 0)
    assert total(db, NOON + tick, NOON + hour) == (0, 1)
    assert total(db, NOON - hour, NOON) == (0, 0)
    assert total(db, NOON - hour, NOON + tick) == (1, 0)
    assert total(db, NOON + hour, NOON + 2 * hour) == (0, 1)
    assert total(db, NOON + hour + tick, NOON + 2 * hour + 2 * tick) == (0, 1)
    assert total(db, NOON + hour + tick, NOON + 2 * hour + tick) == (0, 0)


@pytest.mark.parametrize(
    ("word", "created", "ended", "ms"),
    [
        ("I", 1, "open", None),
        ("IS", 1, "completed", 1000),
        ("IFRS", 1, "completed", 1000),
        ("IFS", 1, "completed", 2000),
        ("IFR", 1, "open", None),
        ("ISF", 1, "failed", None),
        ("IFRFRS", 1, "completed", 1000),
        ("S", 0, None, None),
        ("SFRS", 0, None, None),
        ("SFR", 0, None, None),
    ],
)
def test_g35_a_retry_is_one_buyer_and_a_purchase_without_an_invoice_is_none(
    db: Database,
    sql: Sql,
    word: str,
    created: int,
    ended: str | None,
    ms: int | None,
) -> None:
    """The end is followed however long after the window it comes; the time is that of the attempt that succeeded."""
    times = [
        NOON + timedelta(days=30 * (number > 0), seconds=number) for number in range(len(word))
    ]
    times = [NOON + timedelta(seconds=number) for number in range(len(word))] if ms else times
    write(sql, "p1", word, *times)
    found = funnel.measure(db, mode="mock", since=NOON, until=NOON + timedelta(microseconds=1))[
        "total"
    ]
    assert {name: found[name] for name in ("created", "completed", "failed", "open")} == {
        "created": created,
        "completed": 0,
        "failed": 0,
        "open": 0,
        **({ended: 1} if ended else {}),
    }
    assert found["p50_ms"] == found["p95_ms"] == ms
