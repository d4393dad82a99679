"""Live payments put together: the service under gunicorn, PostgreSQL, the simulator, buyers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import requests
from click.testing import Result
from flask import Flask

from harness.constants import API, BOT_TOKEN, LIVE, ROOT, SWORD, WEBHOOK_SECRET
from harness.postgres import fresh_database
from harness.servers import WEB, Served
from harness.simulator import STERN, Sim, simulator
from stars.config import Settings
from stars.domain import checks
from stars.factory import create_app

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
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
    {
        "item_id": "pass",
        "title": "Pass",
        "description": "For a month",
        "price_stars": 100,
        "subscription_period": 2_592_000,
    },
]


class Buyer:
    """Somebody with Stars, who calls the service from a Mini App and pays in Telegram."""

    def __init__(self, shop: "Shop", stars: int, language: str) -> None:
        self.shop = shop
        self.id = shop.sim.user(stars, language_code=language)
        launched = shop.sim.act("launch", user=self.id, bot="123456")
        self.headers = {"Authorization": f"tma {launched['init_data']}"}

    def call(self, method: str, path: str = "", body: Any = None) -> requests.Response:
        """Send a request to the purchases' address, followed by `path`."""
        address = f"{self.shop.address}{API}{path}"
        return requests.request(method, address, headers=self.headers, json=body, timeout=20)

    def invoice(self, purchase_id: str, **fields: Any) -> requests.Response:
        """Ask for an invoice of the golden sword; `fields` change or add to the body."""
        return self.call("POST", "/invoice", {"purchase_id": purchase_id, **SWORD, **fields})

    def link(self, purchase_id: str, **fields: Any) -> str:
        """The link of a new invoice."""
        answer = self.invoice(purchase_id, **fields)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["pay_url"])

    def pay(self, link: str, **more: Any) -> Any:
        """Pay in Telegram, and wait until everything that follows is delivered."""
        return self.shop.sim.pay(link, self.id, **more)

    def get(self, purchase_id: str) -> requests.Response:
        return self.call("GET", f"/{purchase_id}")

    def status(self, purchase_id: str) -> str:
        return str(self.get(purchase_id).json()["status"])

    def events(self, purchase_id: str) -> list[dict[str, Any]]:
        """The events of a purchase, oldest first."""
        return list(self.call("GET", f"/{purchase_id}/events").json())

    def history(self, purchase_id: str) -> list[str]:
        """The types of its events, oldest first."""
        return [event["event_type"] for event in self.events(purchase_id)]

    def stars(self) -> int:
        """How many Stars the buyer has left."""
        return self.shop.sim.stars(self.id)


class Shop:
    """The service at `address`, its database, and the simulator it takes for Telegram.

    `app` is the same service in this process: for commands, and for what a test breaks. `log` is
    the file that the service at `address` logs to.
    """

    def __init__(self, address: str, url: str, sim: Sim, app: Flask, log: Path) -> None:
        self.address = address
        self.log = log
        self.url = url
        self.sim = sim
        self.app = app
        self.sql = psycopg.connect(url, autocommit=True)

    def look_again(self) -> None:
        """Connect anew, after PostgreSQL was killed."""
        self.sql.close()
        self.sql = psycopg.connect(self.url, autocommit=True)

    def buyer(self, stars: int = 10_000, language: str = "en") -> Buyer:
        """A new buyer with so many Stars."""
        return Buyer(self, stars, language)

    def update(
        self, content: Any, secret: str | None = WEBHOOK_SECRET, **headers: str
    ) -> requests.Response:
        """Send an update as Telegram would; bytes go out as they are."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        named = {} if secret is None else {SECRET_HEADER: secret}
        return requests.post(
            f"{self.address}{API}/webhook",
            data=body,
            timeout=20,
            headers={"Content-Type": "application/json", **named, **headers},
        )

    def run(self, *words: str) -> Result:
        """Run a command."""
        return self.app.test_cli_runner().invoke(args=list(words))

    def reconcile(self) -> dict[str, Any]:
        """The report of one reconciliation; refunds that wait for their next try are due now."""
        self.sql.execute("UPDATE refunds SET due_at = clock_timestamp() WHERE done_at IS NULL")
        return dict(json.loads(self.run("telegram", "reconcile", "--json").stdout))

    def charges(self, purchase_id: str) -> list[tuple[str, bool]]:
        """Verdict, and whether it went back, of every payment that named this purchase."""
        asked = """
            SELECT verdict, refunded_at IS NOT NULL FROM charges
            WHERE invoice_payload = %s ORDER BY recorded_at
        """
        return self.sql.execute(asked, [purchase_id]).fetchall()

    def count(self, table: str) -> int:
        """How many rows a table has."""
        row = self.sql.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert row is not None
        return int(row[0])

    def clear_faults(self) -> None:
        """Let no armed fault of the simulator strike any more."""
        requests.delete(f"{self.sim.address}/sim/faults", timeout=10)

    def wrong(self) -> list[checks.Finding]:
        """What contradicts itself in the database; empty if all is well (G19)."""
        return checks.find(self.sql)

    def close(self) -> None:
        """Close every connection of this process."""
        here = self.app.extensions["stars"]
        self.sql.close()
        here.db.close()
        here.payments.telegram.close()


def environment(url: str, telegram: str, **more: str) -> dict[str, str]:
    """The variables of the service in live mode, with Telegram at the address `telegram`."""
    return {
        "DATABASE_URL": url,
        "MOCK_PAYMENTS": "",
        "TELEGRAM_STARS_ENABLED": "true",
        "TELEGRAM_BOT_TOKEN": BOT_TOKEN,
        "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "TELEGRAM_API_URL": telegram,
        **more,
    }


def live_app(url: str, telegram: str, **more: Any) -> Flask:
    """The service in this process, with Telegram at the address `telegram`."""
    settings = LIVE | {"database_url": url, "telegram_api_url": telegram} | more
    return create_app(Settings(**settings))


@contextmanager
def open_shop(server: str, folder: Path, **more: str) -> Iterator[Shop]:
    """All of it with a database of its own, a catalogue, and the webhook set.

    `server` is the address of PostgreSQL; `folder` gets the log; `more` are variables.
    """
    with fresh_database(server, "migrated") as url, simulator(STERN) as sim:
        variables = environment(url, sim.address, **more)
        served = Served(WEB, variables, ROOT, folder / "log")
        app = live_app(url, sim.address, public_url=served.address)
        shop = Shop(served.address, url, sim, app, folder / "log")
        try:
            catalogue = folder / "items.json"
            catalogue.write_text(json.dumps(ITEMS))
            imported = shop.run("items", "import", str(catalogue))
            assert imported.stdout.startswith("4 new")
            assert shop.run("telegram", "webhook", "set").exit_code == 0
            yield shop
        finally:
            served.stop()
            shop.close()
