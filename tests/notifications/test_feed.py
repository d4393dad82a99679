"""N1: the feed shows every event once, in an order that never changes, and leaves none out."""

import random
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from harness.people import Person, person
from harness.postgres import fresh_database
from harness.types import Sql
from harness.waiting import together

from stars.database.pool import Database
from stars.domain import events
from stars.notifications import feed
from stars.notifications.messages import Message

MANY_EVENTS = """
    WITH purchase AS (
        INSERT INTO purchases (purchase_id, user_id, item_id, price_stars, purchase_type, status,
            mode, metadata, version, created_at, invoiced_at, failed_at)
        SELECT 'p' || number, 'alice', 'golden-sword', 50, 'cosmetic', 'failed', 'mock', '{}', 2,
            at, at, at
        FROM generate_series(1, 12000) AS number, clock_timestamp() AS at
        RETURNING *
    )
    INSERT INTO events (purchase_id, version, event_type, payload, user_id, request_id, created_at)
    SELECT purchase_id, step.version, step.event_type,
        json_build_object('purchase_id', purchase_id, 'item_id', item_id,
            'price_stars', price_stars, 'purchase_type', purchase_type,
            'previous_status', step.previous_status),
        user_id, 'by-hand', created_at
    FROM purchase CROSS JOIN (VALUES
        (1, 'purchase_invoice_created', NULL), (2, 'purchase_failed', 'pending')
    ) AS step (version, event_type, previous_status)
"""
WRITE_BY_HAND = """
    WITH purchase AS (
        INSERT INTO purchases (purchase_id, user_id, item_id, price_stars, purchase_type, status,
            mode, metadata, version, created_at, invoiced_at)
        SELECT %(id)s, 'alice', 'golden-sword', 50, 'cosmetic', 'pending', 'mock', '{}', 1, at, at
        FROM clock_timestamp() AS at
        RETURNING *
    )
    INSERT INTO events (purchase_id, version, event_type, payload, user_id, request_id, created_at)
    SELECT purchase_id, 1, 'purchase_invoice_created',
        json_build_object('purchase_id', purchase_id, 'item_id', item_id,
            'price_stars', price_stars, 'purchase_type', purchase_type),
        user_id, 'by-hand', created_at
    FROM purchase
"""


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """The way to the test's database."""
    db = Database(lambda: url, max_connections=4)
    yield db
    db.close()


def whole(db: Database, *, limit: int = 1000, after: int = 0) -> list[Message]:
    """Read the feed to its end, `limit` messages at a time."""
    messages: list[Message] = []
    while True:
        page = feed.read(db, mode="mock", after=after, limit=limit)
        messages += page.messages
        if page.is_last:
            return messages
        after = page.after


def names(messages: list[Message]) -> list[tuple[str, str]]:
    """What each message is about."""
    return [(message["data"]["purchase_id"], message["type"]) for message in messages]


def test_n1_every_event_stands_in_the_feed_once_and_oldest_first(
    db: Database, alice: Person, bob: Person
) -> None:
    alice.invoice("p1")
    bob.invoice("p2")
    alice.purchase("p1")

    assert names(whole(db)) == [
        ("p1", "purchase.invoice_created"),
        ("p2", "purchase.invoice_created"),
        ("p1", "purchase.succeeded"),
    ]


def test_n1_a_message_shows_the_event_as_its_history_does(db: Database, alice: Person) -> None:
    alice.invoice("p1")

    [message] = whole(db)

    [event] = alice.events("p1")
    assert message == {
        "id": f"evt_{event['event_id']}",
        "type": "purchase.invoice_created",
        "timestamp": event["created_at"],
        "data": event | {"mode": "mock"},
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_n1_it_is_the_same_however_it_is_paged(db: Database, alice: Person, limit: int) -> None:
    for number in range(5):
        alice.invoice(f"p{number}")

    assert whole(db, limit=limit) == whole(db)


def test_n1_the_end_is_known_as_such_and_leads_on_from_there(db: Database, alice: Person) -> None:
    alice.invoice("p1")
    end = feed.read(db, mode="mock", limit=10)
    assert end.is_last

    nothing = feed.read(db, mode="mock", after=end.after, limit=10)
    alice.purchase("p1")
    news = feed.read(db, mode="mock", after=end.after, limit=10)

    assert (nothing.messages, nothing.after, nothing.is_last) == ([], end.after, True)
    assert names(news.messages) == [("p1", "purchase.succeeded")]


def test_n1_types_can_be_chosen_and_cost_no_more_than_others(
    db: Database, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        alice.invoice(f"p{number}")
    alice.purchase("p4")
    monkeypatch.setattr(feed, "MAX_PLACES", 2)
    types = ["purchase.succeeded"]

    first = feed.read(db, mode="mock", types=types, limit=10)
    third = feed.read(db, mode="mock", after=4, types=types, limit=10)

    assert (first.messages, first.after, first.is_last) == ([], 2, False)
    assert names(third.messages) == [("p4", "purchase.succeeded")]


def test_n1_a_mode_sees_its_own(db: Database, alice: Person) -> None:
    alice.invoice("p1")

    assert feed.read(db, mode="live", limit=10).messages == []


def test_n1_what_is_committed_later_is_not_left_out(db: Database, alice: Person, url: str) -> None:
    with psycopg.connect(url) as slow:
        slow.execute(WRITE_BY_HAND, {"id": "slow"})
        alice.invoice("quick")
        before = feed.read(db, mode="mock", limit=10)
        slow.commit()

    after = feed.read(db, mode="mock", after=before.after, limit=10)

    ids = [message["data"]["event_id"] for message in whole(db)]
    assert names(before.messages) == [("quick", "purchase.invoice_created")]
    assert names(after.messages) == [("slow", "purchase.invoice_created")]
    assert ids == sorted(ids, reverse=True)  # the smaller number did come later


def test_n1_readers_and_writers_at_once_agree_on_one_order(db: Database, app: Flask) -> None:
    draw = random.Random(random.getrandbits(32))  # pytest-randomly prints the seed behind it
    done = threading.Event()
    buys = [(f"user{draw.randrange(5)}", f"p{number}") for number in range(60)]

    def write(part: int) -> None:
        for name, purchase_id in buys[part::3]:
            buyer = person(app, name)
            buyer.invoice(purchase_id)
            buyer.purchase(purchase_id)

    def read() -> list[Message]:
        seen: list[Message] = []
        after = 0
        while True:
            is_over = done.is_set()
            page = feed.read(db, mode="mock", after=after, limit=7)
            seen += page.messages
            after = page.after
            if is_over and page.is_last:
                return seen

    def write_all() -> None:
        together(*[lambda part=part: write(part) for part in range(3)])
        done.set()

    *readings, _ = together(read, read, read, write_all)

    assert readings[0] == readings[1] == readings[2] == whole(db)
    assert len(readings[0]) == 120
    assert len({message["id"] for message in readings[0]}) == 120
    assert versions_in_order(readings[0])


def versions_in_order(messages: list[Message]) -> bool:
    """Tell whether the events of each purchase come as 1, 2, 3."""
    next_version: dict[str, int] = {}
    for message in messages:
        event = message["data"]
        if event["version"] != next_version.get(event["purchase_id"], 1):
            return False
        next_version[event["purchase_id"]] = event["version"] + 1
    return True


def test_n1_a_place_survives_a_dump_and_a_restore(
    db: Database, alice: Person, url: str, server: str, tmp_path: Path
) -> None:
    for number in range(3):
        alice.invoice(f"p{number}")
    before = whole(db)
    place = feed.read(db, mode="mock", limit=2).after
    alice.purchase("p0")  # waits for its place while the dump is made
    dump = tmp_path / "dump.sql"
    run_tool(url, "pg_dump", "--no-owner", "--file", str(dump))

    with fresh_database(server, "template0") as other:
        run_tool(other, "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(dump))
        restored = Database(lambda: other, max_connections=1)
        there = whole(restored)
        rest = whole(restored, after=place)
        restored.close()

    assert there[:3] == before
    assert names(there[3:]) == [("p0", "purchase.succeeded")]
    assert rest == there[2:]


def run_tool(url: str, name: str, *words: str) -> None:
    """Run one of the programs that came with the PostgreSQL at `url`."""
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    assert row is not None
    program = Path(row[0]) / name
    finished = subprocess.run([str(program), *words, url], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def test_n1_a_long_queue_is_placed_in_batches_and_no_event_overtakes_another(
    db: Database, sql: Sql
) -> None:
    """Rows of the queue lie in no order: here the later versions come first."""
    sql.execute(MANY_EVENTS)
    sql.execute("TRUNCATE feed_queue")
    sql.execute("INSERT INTO feed_queue SELECT purchase_id, version FROM events ORDER BY 2 DESC")
    sizes = []
    while sql.execute("SELECT count(*) FROM feed_queue").fetchone() != (0,):
        before = sql.execute("SELECT count(*) FROM feed").fetchone()
        events.sequence(db)
        sizes.append((before, sql.execute("SELECT count(*) FROM feed").fetchone()))

    overtaken = """
        SELECT count(*) FROM feed AS later JOIN feed AS earlier USING (purchase_id)
        WHERE earlier.version < later.version AND earlier.position > later.position
    """
    assert len(sizes) > 1
    assert sql.execute(overtaken).fetchone() == (0,)
    assert sql.execute("SELECT count(*), max(position) FROM feed").fetchone() == (24_000, 24_000)


def test_n1_the_events_of_before_the_feed_have_their_places(
    make_earlier: Callable[[], Any], db: Database, alice: Person
) -> None:
    alice.invoice("p1")
    alice.purchase("p1")
    make_earlier()

    assert names(whole(db)) == [("p1", "purchase.invoice_created"), ("p1", "purchase.succeeded")]


@pytest.fixture
def make_earlier(sql: Sql) -> Callable[[], Any]:
    """Make all events such as were written before there was a feed, and migrate again."""

    def make() -> None:
        sql.execute("TRUNCATE feed_queue")
        migration = Path("sql/migrations/0006_earlier_events_in_the_feed.sql")
        sql.execute(migration.read_bytes())

    return make
