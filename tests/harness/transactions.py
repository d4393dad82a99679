"""Transactions as Telegram lists them, put where the service keeps what it has read."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.types import Sql

KEEP = """
    INSERT INTO star_transactions (
        bot_id, position, transaction_id, incoming, amount, dated, body)
    VALUES (123456, %s, %s, %s, %s, %s, %s)
"""
PAID_MEDIA = {"type": "user", "transaction_type": "paid_media_payment", "user": {"id": 1}}
GIFT = {"type": "user", "transaction_type": "gift_purchase", "user": {"id": 1}}
WITHDRAWAL = {"type": "fragment", "withdrawal_state": {"type": "pending"}}


def list_months(sql: Sql, days: int) -> None:
    """Keep so many days of sales of media, with a gift now and then, and a withdrawal a month."""
    now = datetime.now(UTC)
    position = 0
    for ago in range(days, 0, -1):
        moves: list[tuple[bool, int, dict[str, Any]]] = [(True, 40 + 17 * ago % 90, PAID_MEDIA)]
        if ago % 4 == 0:
            moves.append((False, 15, GIFT))
        if ago % 30 == 0:
            moves.append((False, 150, WITHDRAWAL))
        for incoming, amount, partner in moves:
            at = now - timedelta(days=ago)
            side = "source" if incoming else "receiver"
            body = {"id": f"t{position}", "amount": amount, "date": 1, side: partner}
            sql.execute(KEEP, [position, f"t{position}", incoming, amount, at, json.dumps(body)])
            position += 1
