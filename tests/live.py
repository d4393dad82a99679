"""What the tests of live payments share: the service under gunicorn, PostgreSQL and the simulator, and its buyers."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import requests
from conftest import API, BOT_TOKEN, ROOT, SWORD, WEBHOOK_SECRET, Served, fresh_database
from harness.simulator import Sim, simulator

from stars.config import Settings
from stars.database.queries import queries
from stars.factory import create_app

WEB = ["gunicorn", "-c", "python:stars.serve", "app:app"]
ITEMS = [
    {
        "item_id": "golden-sword",
        "title": "Golden sword",
        "description": "Sharp",
        "price_stars": 50,
        "purchase_type": "cosmetic",
    },
    {
        "item_id": "treasure",
        "title": "Treasure \U0001f4b0",
        "description": "A lot",
        "price_stars": 2500,
        "purchase_type": "stars_pack",
        "photo_url": "https://shop.example/treasure.png",
    },
    {
        "item_id": "old-hat",
        "title": "Old hat",
        "description": "Worn",
        "price_stars": 5,
        "active": False,
    },
]
numbers = itertools.count(1)


def new_id() -> str:
    """A purchase_id that no other test uses."""
    return f"p{next(numbers)}"


class Buyer:
    """Somebody with Stars, who calls the service from a Mini App and pays in Telegram."""

    def __init__(self, shop: "Shop", stars: int, language: str) -> None:
        self.shop, self.id = shop, shop.sim.user(stars, language_code=language)
        self.headers = {
            "Authorization": f"tma {shop.sim.act('launch', user=self.id, bot='123456')['init_data']}"
        }

    def call(self, method: str, path: str = "", body: Any = None) -> Any:
        return requests.request(
            method, f"{self.shop.address}{API}{path}", headers=self.headers, json=body, timeout=20
        )

    def invoice(self, purchase_id: str, **fields: Any) -> Any:
        return self.call("POST", "/invoice", {"purchase_id": purchase_id, **SWORD, **fields})

    def link(self, purchase_id: str, **fields: Any) -> str:
        """The link of a new invoice."""
        answer = self.invoice(purchase_id, **fields)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["pay_url"])

    def pay(self, link: str, **more: Any) -> Any:
        return self.shop.sim.pay(link, self.id, **more)

    def get(self, purchase_id: str) -> Any:
        return self.call("GET", f"/{purchase_id}")

    def status(self, purchase_id: str) -> str:
        return str(self.get(purchase_id).json()["status"])

    def events(self, purchase_id: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"/{purchase_id}/events").json())

    def history(self, purchase_id: str) -> list[str]:
        return [event["event_type"] for event in self.events(purchase_id)]

    def stars(self) -> int:
        return self.shop.sim.stars(self.id)


class Shop:
    """The service at `address`, its database, and the simulator it takes for Telegram."""

    def __init__(self, address: str, url: str, sim: Sim, app: Any) -> None:
        self.address, self.url, self.sim, self.app = address, url, sim, app
        self.sql = psycopg.connect(url, autocommit=True)

    def look_again(self) -> None:
        """Connect anew, after PostgreSQL was killed."""
        self.sql.close()
        self.sql = psycopg.connect(self.url, autocommit=True)

    def buyer(self, stars: int = 10_000, language: str = "en") -> Buyer:
        return Buyer(self, stars, language)

    def update(self, content: Any, secret: str | None = WEBHOOK_SECRET, **headers: str) -> Any:
        """Send an update as Telegram would; bytes go out as they are."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        named = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
        return requests.post(
            f"{self.address}{API}/webhook",
            data=body,
            timeout=20,
            headers={"Content-Type": "application/json", **named, **headers},
        )

    def run(self, *words: str) -> Any:
        """A console command."""
        return self.app.test_cli_runner().invoke(args=list(words))

    def reconcile(self) -> dict[str, Any]:
        """The report of one reconciliation; refunds that wait for their next try are due at once."""
        self.sql.execute("UPDATE refunds SET due_at = clock_timestamp() WHERE done_at IS NULL")
        return dict(json.loads(self.run("telegram", "reconcile", "--json").stdout))

    def charges(self, purchase_id: str) -> list[tuple[str, bool]]:
        """Verdict, and whether it went back, of every payment that named this purchase."""
        return self.sql.execute(
            "SELECT verdict, refunded_at IS NOT NULL FROM charges WHERE invoice_payload = %s "
            "ORDER BY recorded_at",
            [purchase_id],
        ).fetchall()

    def count(self, table: str) -> int:
        return int(self.sql.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()[0])

    def close(self) -> None:
        here = self.app.extensions["stars"]
        self.sql.close()
        here.db.close()
        here.payments.telegram.close()

    def wrong(self) -> list[Any]:
        return [*queries.find_contradictions(self.sql), *queries.find_unaccounted(self.sql)]


def message(
    user: int,
    purchase_id: str,
    charge: str,
    *,
    amount: Any = 50,
    kind: str = "successful_payment",
    **more: Any,
) -> Any:
    """An update by which Telegram tells of a payment."""
    told = {
        "currency": "XTR",
        "total_amount": amount,
        "invoice_payload": purchase_id,
        "telegram_payment_charge_id": charge,
        "provider_payment_charge_id": "x",
        **more,
    }
    person = {"id": user, "is_bot": False, "first_name": "A"}
    return {
        "update_id": 10**9 + next(numbers),
        "message": {
            "message_id": 1,
            "date": 1,
            "from": person,
            "chat": {"id": user, "type": "private"},
            kind: told,
        },
    }


def checkout(user: int, purchase_id: str, *, language: str = "en", **more: Any) -> Any:
    """An update by which Telegram asks whether a buyer may pay."""
    asked = {
        "id": f"q{next(numbers)}",
        "from": {"id": user, "is_bot": False, "first_name": "A", "language_code": language},
        "currency": "XTR",
        "total_amount": 50,
        "invoice_payload": purchase_id,
        **more,
    }
    return {"update_id": 10**9 + next(numbers), "pre_checkout_query": asked}


def environment(url: str, sim: Sim, **more: str) -> dict[str, str]:
    """What a process needs to be the service in live mode."""
    return {
        "DATABASE_URL": url,
        "MOCK_PAYMENTS": "",
        "TELEGRAM_STARS_ENABLED": "true",
        "TELEGRAM_BOT_TOKEN": BOT_TOKEN,
        "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "TELEGRAM_API_URL": sim.address,
        **more,
    }


def live_app(url: str, sim: Sim, **more: Any) -> Any:
    """The service in this process: for the console, and for what a test breaks."""
    return create_app(
        Settings(
            **{
                "mode": "live",
                "database_url": url,
                "telegram_bot_token": BOT_TOKEN,
                "telegram_webhook_secret": WEBHOOK_SECRET,
                "telegram_api_url": sim.address,
            }
            | more
        )
    )


@contextmanager
def open_shop(server: str, folder: Path, **more: str) -> Iterator[Shop]:
    """All of it together, with a database of its own, a catalogue, and the webhook set."""
    with fresh_database(server, "migrated") as url, simulator() as sim:
        served = Served(WEB, environment(url, sim, **more), ROOT, folder / "log")
        app = live_app(url, sim, public_url=served.address)
        shop = Shop(served.address, url, sim, app)
        try:
            (folder / "items.json").write_text(json.dumps(ITEMS))
            assert shop.run("items", "import", str(folder / "items.json")).stdout.startswith(
                "3 new"
            )
            assert shop.run("telegram", "webhook", "set").exit_code == 0
            yield shop
        finally:
            served.stop()
            shop.close()
