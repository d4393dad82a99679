"""Looking for purchases: by a word that somebody has, all that fit, and what they sum up to."""

import random
import secrets
from dataclasses import fields

import pytest
from harness.people import Person
from harness.types import Sql

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import search
from stars.domain.search import Filters, Totals


def ids(db: Database, word: str) -> list[str]:
    return [purchase["purchase_id"] for purchase in search.by_word(db, word)]


@pytest.fixture
def three(alice: Person, bob: Person) -> None:
    """Three purchases, the newest last."""
    alice.invoice("order-1", item_id="shield")
    alice.invoice("order-2")
    bob.invoice("Order-3")


@pytest.mark.usefixtures("three")
def test_a_purchase_is_found_by_the_beginning_of_its_id(db: Database) -> None:
    assert ids(db, "order-") == ["order-2", "order-1"]
    assert ids(db, "order-1") == ["order-1"]
    assert ids(db, "rder") == []
    assert ids(db, "%") == ids(db, "_rder-1") == []


@pytest.mark.usefixtures("three")
def test_a_purchase_is_found_by_its_user_and_by_its_item(db: Database) -> None:
    assert ids(db, "bob") == ["Order-3"]
    assert ids(db, "shield") == ["order-1"]


def test_a_purchase_is_found_by_a_request_that_changed_it(db: Database, alice: Person) -> None:
    request_id = alice.invoice("p1").headers["X-Request-Id"]
    alice.invoice("p2")
    assert ids(db, request_id) == ["p1"]


def test_a_purchase_is_found_by_the_charge_that_paid_it(
    db: Database, alice: Person, sql: Sql
) -> None:
    alice.invoice("p1")
    charge = "stx" + "q" * 150
    sql.execute(
        """INSERT INTO charges (telegram_payment_charge_id, bot_id, purchase_id, invoice_payload,
            payer_id, currency, amount, verdict)
        VALUES (%s, 1, 'p1', 'p1', 'alice', 'XTR', 50, 'already_paid')""",
        [charge],
    )
    found = ids(db, charge)
    sql.execute("DELETE FROM charges")
    assert found == ["p1"]


def test_what_fits_is_yielded_once_and_sums_up(
    db: Database, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    monkeypatch.setattr(search, "AT_ONCE", draw.randint(1, 5))
    prices = [draw.randint(1, 9) for _ in range(draw.randint(0, 14))]
    for number, price in enumerate(prices):
        source = draw.choice(["shop", "push"])
        alice.invoice(f"p{number}", price_stars=price, source=source)

    for filters in (Filters(), Filters(source="shop"), Filters(status="failed")):
        found = list(search.each(db, filters))
        assert len({purchase["purchase_id"] for purchase in found}) == len(found)
        stars = sum(purchase["price_stars"] for purchase in found)
        assert search.total(db, filters) == Totals(len(found), stars)
    assert len(list(search.each(db, Filters()))) == len(prices)


def test_what_filters_mean_is_said_once_and_still_served_by_an_index(db: Database) -> None:
    """PostgreSQL puts the function's body in the place of its call, or it would read all rows."""
    asked = {"user_id": "alice", "since": "2026-01-01"}
    names = [field.name for field in fields(Filters)]
    more = {"after_at": None, "after_id": None, "max_rows": 20}
    params = dict.fromkeys(names) | asked | more
    with db.connection() as conn:
        conn.execute("SET enable_seqscan = off")
        statement = f"EXPLAIN {queries.list_purchases.sql}"
        plan = conn.execute(statement, params, prepare=False).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "fits_filters" not in text
    assert "purchases_by_user" in text
    assert "user_id" in text.partition("Index Cond")[2].splitlines()[0]
