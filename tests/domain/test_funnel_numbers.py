"""G35: the funnel's numbers are those counted by hand from the events."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from harness.backend import Backend
from harness.counting import compare_with_hand_count, count_created
from harness.histories import MS, NOON, WORDS, write_history
from harness.people import Person, person
from harness.types import Command, Sql

from stars.database.pool import Database
from stars.domain import funnel

TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


def draw_first_moment(draw: random.Random) -> datetime:
    """A moment of the weeks around NOON, often at one's very edge."""
    edge = NOON + draw.choice([1, 0, -1, -2]) * WEEK
    return edge + draw.choice([0 * TICK, 0 * TICK, 0 * TICK, -TICK, draw.random() * WEEK])


def draw_times(draw: random.Random, count: int) -> list[datetime]:
    """So many moments in order, often at the very edge of a step of the histogram."""
    times = [draw_first_moment(draw)]
    for _ in range(count - 1):
        pause = draw.choice([MS, 999 * MS, 1000 * MS, draw.lognormvariate(9, 2.5) * MS])
        times.append(times[-1] + pause)
    return times


def test_g35_the_numbers_are_those_counted_by_hand(db: Database, sql: Sql) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    for number in range(300):
        word = draw.choice(WORDS)
        write_history(
            sql,
            f"p{number}",
            word,
            *draw_times(draw, len(word)),
            source=draw.choice(["shop", "ad", None]),
            channel=draw.choice(["a", "b", None]),
            purchase_type=draw.choice(["boost", "cosmetic"]),
            price_stars=draw.randrange(1, 100),
            mode=draw.choice(["mock", "mock", "mock", "live"]),
        )

    midnight = NOON.replace(hour=0)
    compare_with_hand_count(db, sql, NOON - WEEK, NOON)
    compare_with_hand_count(db, sql, midnight, midnight + WEEK)
    for _ in range(5):
        since = NOON + draw.uniform(-10, 7) * DAY
        until = since + draw.uniform(0.00001, 10) * DAY
        compare_with_hand_count(db, sql, since, until)
    assert compare_with_hand_count(db, sql, NOON, NOON + WEEK) > 10
    assert compare_with_hand_count(db, sql, NOON, NOON + WEEK, mode="live") > 1
    sql.execute("UPDATE purchases SET mode = 'mock'")  # as live ones they would lack their charges


def test_g35_the_numbers_of_what_was_really_bought_are_those_counted_by_hand(
    app: Flask, db: Database, command: Command, sql: Sql
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    since = datetime.now(UTC)
    shop = Backend(app, "write")
    for number in range(180):
        who = person(app, draw.choice(["alice", "bob"]))
        purchase_id = f"p{draw.randrange(40)}"
        purchase_type = draw.choice(["boost", "cosmetic"])
        source = draw.choice([{}, {"source": "shop"}])
        match draw.randrange(8):
            case 0 | 1 | 2:
                who.invoice(purchase_id, purchase_type=purchase_type, **source)
            case 3:
                who.purchase(purchase_id)
            case 4:
                who.purchase(purchase_id, item_id="sword", price_stars=5)
            case 5:
                command("purchase", "fail", purchase_id)
            case 6 | 7:
                reference = {"reference": f"d{number}"}
                shop.call("POST", f"/api/v1/purchases/{purchase_id}/fulfil", reference)

    until = datetime.now(UTC)
    assert compare_with_hand_count(db, sql, since, until) > 5
    compare_with_hand_count(db, sql, until - (until - since) / 2, until)


@pytest.mark.parametrize(
    ("since", "until", "created", "created_before"),
    [
        (NOON, NOON + HOUR, 1, 0),
        (NOON + TICK, NOON + HOUR, 0, 1),
        (NOON - HOUR, NOON, 0, 0),
        (NOON - HOUR, NOON + TICK, 1, 0),
        (NOON + HOUR, NOON + 2 * HOUR, 0, 1),
        (NOON + HOUR + TICK, NOON + 2 * HOUR + 2 * TICK, 0, 1),
        (NOON + HOUR + TICK, NOON + 2 * HOUR + TICK, 0, 0),
    ],
)
def test_g35_a_window_begins_with_its_first_microsecond_and_ends_before_its_last(
    db: Database, sql: Sql, since: datetime, until: datetime, created: int, created_before: int
) -> None:
    write_history(sql, "p1", "I", NOON)

    assert count_created(db, since, until) == (created, created_before)


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
    db: Database, sql: Sql, word: str, created: int, ended: str | None, ms: int | None
) -> None:
    """The time is that of the attempt that succeeded."""
    times = [NOON + timedelta(seconds=number) for number in range(len(word))]
    write_history(sql, "p1", word, *times)

    found = funnel.measure(db, mode="mock", since=NOON, until=NOON + TICK)["total"]
    expected = {"created": created, "completed": 0, "failed": 0, "open": 0}
    if ended:
        expected[ended] = 1
    assert {name: dict(found)[name] for name in expected} == expected
    assert found["p50_ms"] == found["p95_ms"] == ms


def test_g35_the_end_is_followed_however_long_after_the_window_it_comes(
    db: Database, sql: Sql
) -> None:
    write_history(sql, "p1", "IF", NOON, NOON + 30 * DAY)
    write_history(sql, "p2", "IFRS", NOON, NOON + 30 * DAY, NOON + 31 * DAY, NOON + 32 * DAY)

    found = funnel.measure(db, mode="mock", since=NOON, until=NOON + TICK)["total"]
    assert (found["created"], found["completed"], found["failed"]) == (2, 1, 1)


def test_g35_what_was_handed_out_was_bought(db: Database, sql: Sql, alice: Person) -> None:
    alice.invoice("p1")
    alice.purchase("p1")
    sql.execute("SELECT fulfil_purchase('p1', 'mock', 'delivery-1', 'request-1')")

    found = funnel.measure(db, mode="mock")["total"]
    assert (found["created"], found["completed"], found["open"]) == (1, 1, 0)
