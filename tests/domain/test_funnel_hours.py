"""G35, with hours counted ahead: no number of the funnel is another for it."""

import random
from datetime import datetime, timedelta

import psycopg
import pytest
from harness.counting import compare_with_hand_count
from harness.histories import MS, NOON, STATUS, continue_history, write_history
from harness.types import Command, Sql
from harness.waiting import blocked, eventually, in_background

from stars.database.pool import Database
from stars.domain import fulfilment, funnel, funnel_hours

HOUR = timedelta(hours=1)
HALF = HOUR / 2
DAY = timedelta(days=1)
NEXT = {"pending": "SF", "succeeded": "F", "failed": "RS"}
COUNTED_HOURS = "SELECT count(*) FROM funnel_hours"


class Shop:
    """Purchases to which random things happen at random moments of a few days."""

    def __init__(self, sql: Sql, draw: random.Random) -> None:
        self.sql = sql
        self.draw = draw
        self.statuses: dict[str, str] = {}

    def moment(self) -> timedelta:
        """A time after NOON, often the very edge of an hour."""
        hours = self.draw.randrange(50) * HOUR
        return hours + self.draw.choice([0 * MS, -MS / 1000, self.draw.random() * HOUR])

    def begin(self, sql: Sql) -> None:
        """Begin a purchase, with an invoice or without."""
        purchase_id = f"p{len(self.statuses)}"
        word = self.draw.choice(["I", "I", "I", "S"])
        write_history(
            sql,
            purchase_id,
            word,
            NOON + self.moment(),
            source=self.draw.choice(["shop", "ad", None]),
            channel=self.draw.choice(["a", None]),
            purchase_type=self.draw.choice(["boost", "cosmetic"]),
            price_stars=self.draw.randrange(1, 100),
        )
        self.statuses[purchase_id] = STATUS[word]

    def go_on(self, sql: Sql) -> None:
        """Let something happen to a purchase, long after it began."""
        purchase_id = self.draw.choice(list(self.statuses))
        letter = self.draw.choice(NEXT[self.statuses[purchase_id]])
        later = NOON + 3 * DAY + self.moment()
        latest = "SELECT max(created_at) FROM events WHERE purchase_id = %s"
        row = sql.execute(latest, [purchase_id]).fetchone()
        assert row is not None
        continue_history(sql, purchase_id, letter, max(later, row[0]))
        self.statuses[purchase_id] = STATUS[letter]

    def change(self, sql: Sql) -> None:
        """Begin a purchase, or go on with one."""
        if self.draw.random() < 0.4 or not self.statuses:
            self.begin(sql)
        else:
            self.go_on(sql)


def test_g35_hours_counted_ahead_at_any_moment_change_no_number(
    url: str, db: Database, sql: Sql
) -> None:
    """Also where a transaction has written before the hours are counted, and commits after."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    shop = Shop(sql, draw)
    with psycopg.connect(url) as late:
        for _ in range(12):
            for _ in range(draw.randrange(25)):
                shop.change(sql)
            shop.change(late)
            for _ in range(draw.randrange(3)):
                funnel_hours.aggregate(db)
            if draw.random() < 0.7:
                late.commit()
            if draw.random() < 0.5:
                funnel_hours.aggregate(db)
            late.commit()
            since = NOON + draw.uniform(-2, 3) * DAY
            until = since + draw.choice([draw.uniform(0.00001, 4) * DAY, DAY, HOUR])
            compare_with_hand_count(db, sql, since, until)
            compare_with_hand_count(db, sql, NOON, NOON + 2 * DAY)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (NOON + HALF, NOON + 3 * HOUR + HALF),
        (NOON - 2 * HOUR, NOON + HALF),
        (NOON + 2 * HOUR + HALF, NOON + 4 * HOUR + HALF),
        (NOON + 2 * HOUR, NOON + 3 * HOUR + HALF),
        # Midnight is where the day of the window before changes in the middle of an hour.
        (NOON + 6 * HOUR, NOON + 14 * HOUR + HALF),
    ],
)
def test_g35_of_an_hour_that_lies_in_a_window_in_part_only_that_part_is_told(
    db: Database, sql: Sql, since: datetime, until: datetime
) -> None:
    for number in range(2 * 24):
        write_history(sql, f"p{number}", "I", NOON + number * HALF + 10 * MS)
    funnel_hours.aggregate(db)
    compare_with_hand_count(db, sql, since, until)


def test_what_is_counted_ahead_is_taken(db: Database, sql: Sql) -> None:
    """A falsified count shows, in the window and in the one before, as long as nothing changes."""
    write_history(sql, "p1", "IS", NOON, NOON + MS)
    write_history(sql, "p2", "I", NOON + 2 * HOUR)
    funnel_hours.aggregate(db)
    sql.execute("UPDATE funnel_counts SET created = 7")

    def created() -> tuple[int, int]:
        total = funnel.measure(db, mode="mock", since=NOON + HOUR, until=NOON + 3 * HOUR)["total"]
        return total["created"], total["before"]["created"]

    assert created() == (7, 7)
    continue_history(sql, "p1", "F", NOON + DAY)
    assert created() == (7, 1)
    continue_history(sql, "p2", "F", NOON + DAY)
    assert created() == (1, 1)


def test_an_hour_is_counted_anew_once_something_has_changed_in_it(db: Database, sql: Sql) -> None:
    write_history(sql, "p1", "I", NOON)
    write_history(sql, "p2", "I", NOON + HOUR)
    first = funnel_hours.aggregate(db)
    again = funnel_hours.aggregate(db)
    continue_history(sql, "p1", "F", NOON + DAY)
    changed = funnel_hours.aggregate(db)

    assert first.counted > 2
    assert (again.forgotten, again.counted) == (0, 0)
    assert (changed.forgotten, changed.counted) == (1, 1)


def test_as_many_hours_are_counted_as_are_asked_for(db: Database, sql: Sql) -> None:
    write_history(sql, "p1", "I", NOON)
    funnel_hours.aggregate(db, max_hours=funnel_hours.HOURS_AT_ONCE)
    assert sql.execute(COUNTED_HOURS).fetchone() == (funnel_hours.HOURS_AT_ONCE,)


def test_the_hour_that_goes_on_is_not_counted_ahead(
    db: Database, sql: Sql, command: Command
) -> None:
    command("db", "seed", "500", "--days", "1")
    funnel_hours.aggregate(db)
    row = sql.execute("SELECT max(hour) < date_trunc('hour', now()) FROM funnel_hours").fetchone()
    assert row == (True,)


def test_two_that_count_at_once_take_turns(url: str, db: Database, sql: Sql) -> None:
    """Otherwise one could keep an hour that the other has just found changed."""
    write_history(sql, "p1", "I", NOON)
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('funnel_hours'))")
        counting = in_background(lambda: funnel_hours.aggregate(db))
        eventually(lambda: blocked(sql) == 1)
        assert sql.execute(COUNTED_HOURS).fetchone() == (0,)
        other.rollback()
        counting.join()
    assert sql.execute(COUNTED_HOURS).fetchone() != (0,)


def test_counting_ahead_keeps_no_purchase_waiting(url: str, db: Database, sql: Sql) -> None:
    write_history(sql, "p1", "I", NOON)
    with psycopg.connect(url) as counting:
        counting.execute("SELECT pg_advisory_xact_lock(hashtext('funnel_hours'))")
        counting.execute("INSERT INTO funnel_hours (hour) VALUES (%s)", [NOON])
        sql.execute("SET lock_timeout = '1s'")
        continue_history(sql, "p1", "S", NOON + HOUR)
        compare_with_hand_count(db, sql, NOON, NOON + DAY)


def test_the_command_says_what_it_counted(command: Command, sql: Sql) -> None:
    write_history(sql, "p1", "I", NOON)
    first = command("db", "count-funnel")
    again = command("db", "count-funnel")

    assert first.exit_code == 0
    assert first.stdout.endswith(" hours counted, 0 of them anew.\n")
    assert again.stdout == "0 hours counted, 0 of them anew.\n"


def test_what_is_handed_out_later_counts_in_the_hour_of_its_invoice(
    db: Database, sql: Sql, command: Command
) -> None:
    """It is known however the hour was counted, and its time is that from the payment."""
    for number in range(3):
        write_history(sql, f"p{number}", "IS", NOON, NOON + MS)
    window = {"since": NOON, "until": NOON + HOUR}
    funnel_hours.aggregate(db)
    assert funnel.measure(db, mode="mock", **window)["total"]["fulfilled"] == 0

    for purchase_id in ("p0", "p1"):
        fulfilment.fulfil(
            db, purchase_id=purchase_id, mode="mock", reference="d1", request_id="test"
        )
    for _ in range(2):  # from the events, and then from the counts
        total = funnel.measure(db, mode="mock", **window)["total"]
        assert (total["completed"], total["fulfilled"]) == (3, 2)
        assert (total["fulfilled_p50_ms"] or 0) > 0
        compare_with_hand_count(db, sql, NOON, NOON + HOUR)
        funnel_hours.aggregate(db)

    words = ["funnel", "--since", NOON.isoformat(), "--until", (NOON + HOUR).isoformat()]
    assert "2 of 3 completed were handed out, half within " in command(*words).stdout
