"""Telegram's own list of what came in and went out: read page by page, kept, and explained.

https://core.telegram.org/bots/api#startransaction
"""

import json
from dataclasses import dataclass, replace

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.amounts import NANO
from stars.domain.types import Json
from stars.live.charges import Charge
from stars.live.documents import (
    Unreadable,
    read_amount,
    read_identifier,
    read_moment,
    read_number,
    read_object,
    read_text,
)

SALE = "invoice_payment"
"""The type of a transaction that pays an invoice. Gifts and paid media have others."""

MEASURED_AT_ONCE = 10_000
"""Transactions: read in some tenths of a second."""


@dataclass(frozen=True, kw_only=True)
class IncomingPayment:
    """A buyer paid an invoice.

    Through an affiliate, its amount is what was paid only if Telegram lists what the bot got. That
    is published nowhere; what the purchase costs is then nearer to the truth.
    """

    charge: Charge
    through_affiliate: bool


@dataclass(frozen=True, kw_only=True)
class OutgoingPayment:
    """Stars left. If `transaction_id` is a charge's id, the charge went back to its buyer."""

    transaction_id: str


@dataclass(frozen=True, kw_only=True)
class OtherTransaction:
    """A transaction that no purchase can explain, or that cannot be read."""


Transaction = IncomingPayment | OutgoingPayment | OtherTransaction


@dataclass(frozen=True, kw_only=True)
class Unexplained:
    """Where Telegram's list and our charges differ, or a refund that Telegram does not make.

    `amount` is in whole Stars. `body` is Telegram's transaction, or what we know of the charge.
    """

    transaction_id: str
    amount: int
    problem: str
    body: Json


def parse_transaction(document: Json) -> Transaction:
    """Return what one entry of Telegram's list tells."""
    try:
        if "receiver" in document:
            return OutgoingPayment(transaction_id=read_identifier(document, "id"))
        source = read_object(document.get("source"), "source")
        if source.get("transaction_type", SALE) != SALE:
            return OtherTransaction()
        payer = read_object(source.get("user"), "user")
        charge = Charge(
            charge_id=read_identifier(document, "id"),
            payer_id=str(read_number(payer, "id")),
            invoice_payload=read_text(source, "invoice_payload"),
            currency="XTR",
            amount=_amount_paid(document, source),
            charged_at=read_moment(document, "date"),
        )
        return IncomingPayment(charge=charge, through_affiliate="affiliate" in source)
    except Unreadable:
        return OtherTransaction()


def _amount_paid(document: Json, source: Json) -> int:
    """Return the whole Stars that a buyer paid: what is listed and the affiliate's commission."""
    if "affiliate" not in source:
        return read_number(document, "amount")
    affiliate = read_object(source["affiliate"], "affiliate")
    nanostars = _nanostars(document) + _nanostars(affiliate)
    return round(nanostars / NANO)


def _nanostars(document: Json) -> int:
    stars = read_amount(document, "amount")
    return stars * NANO + (read_amount(document, "nanostar_amount", default=0))


def charge_of(db: Database, payment: IncomingPayment) -> Charge:
    """Return what was paid. Through an affiliate, that is the price of what was bought.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    charge = payment.charge
    if not payment.through_affiliate:
        return charge
    price = db.fetch_one(queries.price_of_invoice, invoice_payload=charge.invoice_payload)
    return charge if price is None else replace(charge, amount=int(price))


def next_position(db: Database, *, bot_id: int) -> int:
    """Return how many transactions were read so far. Raises Busy, DatabaseUnavailable."""
    return int(db.fetch_one(queries.next_position, bot_id=bot_id))


def keep(db: Database, *, bot_id: int, first: int, page: list[Json]) -> bool:
    """Keep a page that begins at position `first`.

    Returns:
        True if something of it was new. False if somebody else has kept all of it.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell. Keeping it again is safe.

    """
    number_kept = db.fetch_one(
        queries.keep_transactions,
        bot_id=bot_id,
        first=first,
        transactions=json.dumps(page),
    )
    return bool(number_kept)


def measure_earlier(db: Database) -> None:
    """Read some of the transactions that an earlier release has kept, so that sums are quick.

    Raises:
        Busy, DatabaseUnavailable: another run does it.

    """
    db.fetch_one(queries.measure_transactions, batch=MEASURED_AT_ONCE)


def first_pending_withdrawal(db: Database, *, bot_id: int) -> int | None:
    """Return the position of the oldest withdrawal that has not ended yet, as far as we know.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    with db.unhurried_transaction() as conn:  # it looks at everything there ever was
        position = queries.first_pending_withdrawal(conn, bot_id=bot_id)
    return None if position is None else int(position)


def keep_ends_of_withdrawals(db: Database, *, bot_id: int, first: int, page: list[Json]) -> None:
    """Keep how the withdrawals of a page ended, which begins at position `first`.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell. Keeping it again is safe.

    """
    db.fetch_one(
        queries.update_withdrawals, bot_id=bot_id, first=first, transactions=json.dumps(page)
    )


def unexplained(db: Database, *, bot_id: int) -> tuple[Unexplained, ...]:
    """Hold Telegram's list against our charges, and return where they differ.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    with db.unhurried_transaction() as conn:  # it looks at everything there ever was
        rows = list(queries.list_unexplained(conn, bot_id=bot_id))
    return tuple(
        Unexplained(transaction_id=transaction_id, amount=amount, problem=problem, body=body)
        for transaction_id, amount, problem, body in rows
    )


def explain(db: Database, *, transaction_id: str, explanation: str) -> bool:
    """Note what a transaction is, so that it is no longer unexplained.

    Returns:
        True if Telegram has listed such a transaction.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell. Explaining it again is safe.

    """
    return bool(
        db.fetch_one(
            queries.explain_transaction, transaction_id=transaction_id, explanation=explanation
        )
    )
