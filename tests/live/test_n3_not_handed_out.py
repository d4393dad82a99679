"""N3: what is paid and not handed out is known, and given back; never both."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from harness.constants import SWORD
from harness.people import Person
from harness.types import Logged, Sql
from harness.waiting import together

from stars.database.pool import Database
from stars.domain import fulfilment, items, purchases
from stars.domain.types import Order
from stars.errors import NotPaid
from stars.live import charges
from stars.live.charges import Charge

AT_ONCE = timedelta(0)
ITEM = {"title": "Golden sword", "description": "Sharp", **SWORD}


@pytest.fixture
def db(app: Flask) -> Database:
    """The way to a database in which handing out is awaited from now on, with one item."""
    db: Database = app.extensions["stars"].db
    items.import_items(db, [ITEM])
    assert fulfilment.queue_refunds(db, after=AT_ONCE, request_id="r") == 0
    return db


@pytest.fixture
def pay(db: Database) -> Callable[[str], None]:
    """Pay a new live purchase, as Telegram tells of it."""

    def pay(purchase_id: str) -> None:
        purchases.create_invoice(
            db,
            purchase_id=purchase_id,
            owner="42",
            mode="live",
            order=Order(**SWORD),
            request_id="r",
        )
        charge = Charge(
            charge_id=f"charge-{purchase_id}",
            payer_id="42",
            invoice_payload=purchase_id,
            currency="XTR",
            amount=50,
        )
        charges.settle(db, bot_id=1, charge=charge, request_id="r")

    return pay


def fulfil(db: Database, purchase_id: str) -> str:
    """Hand out a live purchase; what came of it."""
    try:
        fulfilment.fulfil(db, purchase_id=purchase_id, mode="live", reference="d1", request_id="r")
    except NotPaid:
        return "refused"
    return "handed out"


def queued(sql: Sql) -> list[str]:
    """The charges that are to go back."""
    rows = sql.execute("SELECT telegram_payment_charge_id FROM refunds ORDER BY 1").fetchall()
    return [charge_id for (charge_id,) in rows]


def test_n3_what_is_not_handed_out_goes_back_and_is_not_handed_out_then(
    db: Database, pay: Callable[[str], None], sql: Sql, logged: Logged
) -> None:
    pay("p1")

    assert fulfilment.queue_refunds(db, after=AT_ONCE, request_id="r") == 1
    assert fulfilment.queue_refunds(db, after=AT_ONCE, request_id="r") == 0

    assert queued(sql) == ["charge-p1"]
    assert fulfil(db, "p1") == "refused"
    assert [line["purchase_id"] for line in logged("purchase_not_fulfilled")] == ["p1"]


def test_n3_what_is_handed_out_does_not_go_back(
    db: Database, pay: Callable[[str], None], sql: Sql
) -> None:
    pay("p1")
    assert fulfil(db, "p1") == "handed out"

    assert fulfilment.queue_refunds(db, after=AT_ONCE, request_id="r") == 0
    assert queued(sql) == []


def test_n3_what_is_still_in_time_stays(db: Database, pay: Callable[[str], None], sql: Sql) -> None:
    pay("p1")

    assert fulfilment.queue_refunds(db, after=timedelta(hours=1), request_id="r") == 0
    assert queued(sql) == []


def test_n3_what_was_paid_before_anybody_waited_is_left_alone(
    db: Database, pay: Callable[[str], None], sql: Sql
) -> None:
    pay("p1")
    sql.execute("UPDATE fulfilment_awaited_since SET since = clock_timestamp()")

    assert fulfilment.queue_refunds(db, after=AT_ONCE, request_id="r") == 0


def test_n3_an_alarm_that_rang_for_long_decides_nothing_about_refunds(
    db: Database, pay: Callable[[str], None], sql: Sql
) -> None:
    """FULFIL_WITHIN first, and REFUND_UNFULFILLED_AFTER months later: nothing goes back at once."""
    fulfilment.stop_refunding(db)
    fulfilment.await_within(db, mode="live", within=AT_ONCE)
    pay("p1")
    assert fulfilment.await_within(db, mode="live", within=AT_ONCE).count == 1

    assert fulfilment.queue_refunds(db, after=AT_ONCE, request_id="r") == 0


def test_n3_what_was_paid_while_nobody_gave_back_is_left_alone(
    db: Database, pay: Callable[[str], None], sql: Sql
) -> None:
    """The setting was on, then off, and is on again."""
    fulfilment.stop_refunding(db)
    pay("p1")

    assert fulfilment.queue_refunds(db, after=AT_ONCE, request_id="r") == 0
    pay("p2")
    assert fulfilment.queue_refunds(db, after=AT_ONCE, request_id="r") == 1
    assert queued(sql) == ["charge-p2"]


def test_n3_of_both_at_once_exactly_one_happens(
    db: Database, pay: Callable[[str], None], sql: Sql
) -> None:
    for number in range(10):
        purchase_id = f"p{number}"
        pay(purchase_id)
        before = queued(sql)

        outcome, _ = together(
            lambda name=purchase_id: fulfil(db, name),
            lambda: fulfilment.queue_refunds(db, after=AT_ONCE, request_id="r"),
        )

        goes_back = queued(sql) != before
        assert goes_back == (outcome == "refused")


def test_n3_how_many_wait_and_how_long_is_known(db: Database, alice: Person, sql: Sql) -> None:
    fulfilment.await_within(db, mode="mock", within=AT_ONCE)
    alice.purchase("p1", **SWORD)
    alice.purchase("p2", **SWORD)
    fulfilment.fulfil(db, purchase_id="p2", mode="mock", reference="d1", request_id="r")

    late = fulfilment.await_within(db, mode="mock", within=AT_ONCE)

    assert late.count == 1
    assert timedelta(0) < late.oldest < timedelta(minutes=5)
    assert fulfilment.overdue(db, mode="mock", within=timedelta(hours=1)).count == 0
