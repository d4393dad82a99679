"""Reconciliation: holds what the service knows against Telegram's own list, and ends what was left half-way.

Safe at any time, and twice at once: every step is one that may be repeated, and a refund is claimed before it is sent.
"""

import json
from collections import Counter
from typing import Any

from stars import payments
from stars.db import Database, queries
from stars.telegram import PAGE, Telegram, TelegramError

COUNTED = ("settled", "refused", "refunded_elsewhere", "refunds_sent", "refunds_waiting", "updates_handled")
UNEXPLAINED = ("transaction_id", "amount", "problem", "body")


def reconcile(db: Database, telegram: Telegram, request_id: str) -> dict[str, Any]:
    """Do all that is left to do; a report: how often each of COUNTED was done, and

    `unexplained`: Telegram's transactions and our charges that do not fit each other, `telegram`: why not all was done.

    Raises:
        Busy, DatabaseUnavailable: what was done until then is done.

    """
    report: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    trouble = None
    try:
        while read_page(db, telegram, request_id, report):
            pass
    except TelegramError as failed:
        trouble = str(failed)
    # One whose outcome is unknown ends it: the others would fare no better now. A refusal is of that one alone.
    while (failure := payments.send_refund(db, telegram)) is None or getattr(failure, "refused", False):
        report["refunds_sent"] += failure is None
    trouble = trouble or str(failure) or None
    for (body,) in db.fetch_all(queries.list_unhandled, bot_id=telegram.bot_id):
        payments.take_update(db, telegram.bot_id, update=payments.parse_update(body), body=body, request_id=request_id)
        report["updates_handled"] += 1
    report["refunds_waiting"] = db.fetch_one(queries.count_waiting, bot_id=telegram.bot_id)
    unexplained = db.fetch_all(queries.list_unexplained, bot_id=telegram.bot_id)
    return {**report, "unexplained": [dict(zip(UNEXPLAINED, row, strict=True)) for row in unexplained], "telegram": trouble}


def read_page(db: Database, telegram: Telegram, request_id: str, report: Counter[str]) -> bool:
    """Read Telegram's list on from where it was left, do what it tells, then remember it. Whether there is more."""
    first = db.fetch_one(queries.next_position, bot_id=telegram.bot_id)
    page = telegram.star_transactions(first)
    gone = {one.get("id") for one in page if "receiver" in one}
    for one in page:
        match one:
            case {"id": charge_id, "amount": amount, "source": {"invoice_payload": payload, "user": payer}}:
                told = {"currency": "XTR", "total_amount": amount, "invoice_payload": payload}
                payment = payments.read_payment(told, payer, charge_id)
                # What went back in the meantime is not handed out first.
                verdict = payment and payments.settle(
                    db, telegram.bot_id, payment, request_id, refunded=charge_id in gone, of_ours=True)
                if verdict and verdict != "repeated":
                    report["settled" if verdict == "settled" else "refused"] += 1
            case {"id": str(charge_id), "receiver": _}:
                report["refunded_elsewhere"] += payments.record_refund(db, charge_id, request_id) or False
    kept = db.fetch_one(queries.keep_transactions, bot_id=telegram.bot_id, first=first, transactions=json.dumps(page))
    return bool(kept) and len(page) == PAGE


def explain(db: Database, transaction_id: str, why: str) -> bool:
    """Remember what a person knows of a transaction. Whether there is such a one."""
    return bool(db.fetch_one(queries.explain_transaction, transaction_id=transaction_id, explanation=why))
