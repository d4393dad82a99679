"""A live service that is watched: what Telegram says of it, and what is told of it then."""

import json
from dataclasses import dataclass, field
from typing import Any

from click.testing import Result
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from psycopg.types.json import Jsonb

from harness.types import Sql

PUBLIC_URL = "https://shop.example"
WEBHOOK = f"{PUBLIC_URL}/api/v1/purchase/webhook"


@dataclass
class Telegram:
    """What Telegram says. A test changes it."""

    webhook: dict[str, Any] = field(default_factory=lambda: {"url": WEBHOOK})
    balance: int = 0
    clock_ahead: float = 0
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, arguments: dict[str, Any]) -> Any:
        """The result of a method."""
        self.asked.append(method)
        if method == "getWebhookInfo":
            return {"pending_update_count": 0, **self.webhook}
        if method == "setWebhook":
            self.webhook = {"url": arguments["url"]}
            return True
        if method == "getMyStarBalance":
            return {"amount": self.balance}
        if method == "getStarTransactions":
            return {"transactions": []}
        raise AssertionError(method)


class Watched:
    """A live service, its database, and what is told of it."""

    def __init__(self, app: Flask, sql: Sql) -> None:
        self.app = app
        self.sql = sql

    def reconcile(self, *words: str) -> Result:
        return self.app.test_cli_runner().invoke(args=["telegram", "reconcile", *words])

    def named(self) -> dict[str, str]:
        """What a reconciliation names: problem by check."""
        report = json.loads(self.reconcile("--json").stdout)
        return {one["name"]: one["problem"] for one in report["health"]}

    def metrics(self) -> dict[str, float]:
        """Each gauge of what stops sales; those with a label by that."""
        text = self.app.test_client().get("/metrics").text
        found = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.labels.get("check", sample.name)] = sample.value
        return found

    def console(self) -> str:
        return self.app.test_client().get("/console").text


def start_purchase(sql: Sql, hours_ago: float = 0) -> None:
    """Have somebody start a live purchase, past the service."""
    sql.execute(
        """
        WITH purchase AS (
            INSERT INTO purchases (purchase_id, user_id, item_id, price_stars, purchase_type,
                status, mode, metadata, version, created_at, invoiced_at)
            SELECT 'p' || gen_random_uuid(), '42', 'golden-sword', 50, 'cosmetic',
                'pending', 'live', '{}', 1, at, at
            FROM (SELECT now() - %s * interval '1 hour') AS its (at)
            RETURNING purchases
        )
        INSERT INTO events (
            purchase_id, version, event_type, user_id, request_id, created_at, payload)
        SELECT (purchases).purchase_id, 1, 'purchase_invoice_created', '42', 'r',
            (purchases).created_at,
            event_payload(
                purchases, 'purchase_invoice_created', NULL, (purchases).created_at, NULL::json)
        FROM purchase
        """,
        [hours_ago],
    )


def keep_update(sql: Sql, update_id: int, *, hours_ago: float, handled: bool = True) -> None:
    """Have Telegram have told something, past the service."""
    sql.execute(
        """
        INSERT INTO telegram_updates (bot_id, update_id, body, received_at, handled_at, outcome)
        SELECT 123456, %s, %s, at, CASE WHEN %s THEN at END, CASE WHEN %s THEN 'ignored' END
        FROM (SELECT now() - %s * interval '1 hour') AS its (at)
        """,
        [update_id, Jsonb({"update_id": update_id}), handled, handled, hours_ago],
    )
