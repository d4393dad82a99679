"""Reconciliation: holds what the service knows against Telegram's own list, and ends what was left half-way.

Safe at any time, and twice at once: every step is one that may be repeated, and a refund is claimed before it is sent.
"""

import json
from collections import Counter
from typing import Any

from stars.database.pool import Database
from stars.database.queries import queries
from stars.live import charges
from stars.live.telegram import PAGE, Telegram, TelegramError

COUNTED = (
    "settled",
    "refused",
    "refunded_elsewhere",
    "refunds_sent",
    "refunds_waiting",
    "updates_handled",
)
UNEXPLAINED = ("transaction_id", "amount", "problem", "body")


def reconcile(db: Database, telegram: Telegram, request_id: str) -> dict[str, Any]:
    """Do all that is left to do; a report: how often each of COUNTED was done, and

    `unexplained`: Telegram's transactions and our charges that do not fit each other, `telegram`: why not all was done.

    Raises:
        Busy, DatabaseUnavailable: what was done until then is done.

    """
    report: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    trouble = []
    for step in (read_transactions, send_refunds):
        try:
            step(db, telegram, request_id, report)
        except TelegramError as failed:
            trouble.append(str(failed))
    for (body,) in db.fetch_all(queries.list_unhandled, bot_id=telegram.bot_id):
        charges.take_update(
            db,
            telegram.bot_id,
            update=charges.parse_update(body),
            body=body,
            request_id=request_id,
        )
        report["updates_handled"] += 1
    report["refunds_waiting"] = db.fetch_one(queries.count_waiting, bot_id=telegram.bot_id)
    with db.unhurried_transaction() as conn:  # it looks at everything there ever was
        rows = queries.list_unexplained(conn, bot_id=telegram.bot_id)
        unexplained = [dict(zip(UNEXPLAINED, row, strict=True)) for row in rows]
    return {**report, "unexplained": unexplained, "telegram": " ".join(trouble) or None}


def read_transactions(
    db: Database, telegram: Telegram, request_id: str, report: Counter[str]
) -> None:
    """Read Telegram's list on from where it was left, page by page, and do what it tells. Raises TelegramError."""
    more = True
    while more:
        first = db.fetch_one(queries.next_position, bot_id=telegram.bot_id)
        page = telegram.star_transactions(first)
        take_page(db, telegram.bot_id, page, request_id, report)
        # Remembered once it is done. Where somebody else was faster, he goes on with the next page.
        kept = db.fetch_one(
            queries.keep_transactions,
            bot_id=telegram.bot_id,
            first=first,
            transactions=json.dumps(page),
        )
        more = kept and len(page) == PAGE


def take_page(
    db: Database, bot_id: int, page: list[dict[str, Any]], request_id: str, report: Counter[str]
) -> None:
    """Do what transactions tell: https://core.telegram.org/bots/api#startransaction."""
    gone = {one.get("id") for one in page if "receiver" in one}
    for one in page:
        match one:
            case {
                "id": charge_id,
                "amount": amount,
                "source": {"invoice_payload": payload, "user": payer},
            }:
                told = {"currency": "XTR", "total_amount": amount, "invoice_payload": payload}
                if payment := charges.read_payment(told, payer, charge_id):
                    # What went back in the meantime is not handed out first.
                    verdict = charges.settle(
                        db, bot_id, payment, request_id, refunded=charge_id in gone, of_ours=True
                    )
                    if verdict != "repeated":
                        report["settled" if verdict == "settled" else "refused"] += 1
            case {"id": str(charge_id), "receiver": _}:
                report["refunded_elsewhere"] += (
                    charges.record_refund(db, charge_id, request_id) or False
                )


def send_refunds(db: Database, telegram: Telegram, _request_id: str, report: Counter[str]) -> None:
    """Make the refunds that are due. A refusal is of one alone; what else fails would fail the others, and is raised."""
    while True:
        try:
            if not charges.send_refund(db, telegram):
                return
            report["refunds_sent"] += 1
        except TelegramError as failed:
            if not failed.refused or failed.pause:
                raise
