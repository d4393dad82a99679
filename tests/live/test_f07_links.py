"""F7: a live link is one that Telegram's own SDK opens, whatever host Telegram answered with."""

from collections.abc import Callable
from typing import Any

import pytest
from harness.bot_api import bot_api
from harness.constants import API, SWORD
from harness.launch import launch_data
from harness.live import ITEMS, live_app
from harness.types import Sql
from werkzeug.test import TestResponse

from stars.domain import items

CALLER = {"Authorization": f"tma {launch_data(42)}"}

Invoice = Callable[[str], TestResponse]


@pytest.fixture
def answered() -> list[str]:
    """The links that Telegram answers with, in turn."""
    return []


@pytest.fixture
def invoice(url: str, answered: list[str]) -> Any:
    """Ask a live service for an invoice: invoice("p1")."""
    with bot_api(lambda _method, _arguments: answered.pop(0)) as address:
        app = live_app(url, address)
        here = app.extensions["stars"]
        items.import_items(here.db, ITEMS)
        client = app.test_client()
        yield lambda purchase_id: client.post(
            f"{API}/invoice", json={"purchase_id": purchase_id, **SWORD}, headers=CALLER
        )
        here.payments.telegram.close()
        here.db.close()


@pytest.mark.parametrize(
    ("made", "link"),
    [
        ("https://telegram.me/$aBc-_1", "https://t.me/$aBc-_1"),
        ("http://telegram.me/invoice/aBc", "https://t.me/invoice/aBc"),
        ("https://telegram.dog/$aBc", "https://t.me/$aBc"),
        ("https://t.me/$aBc", "https://t.me/$aBc"),
        ("http://127.0.0.1:1/$aBc", "http://127.0.0.1:1/$aBc"),
        ("https://telegram.me.example/$aBc", "https://telegram.me.example/$aBc"),
    ],
)
def test_f7_a_link_is_stored_under_the_name_that_clients_open(
    invoice: Invoice, answered: list[str], made: str, link: str
) -> None:
    answered.append(made)

    first, again = invoice("p1"), invoice("p1")

    assert (first.status_code, first.json["pay_url"]) == (201, link)
    assert (again.status_code, again.json["pay_url"]) == (200, link)


def test_f7_a_link_stored_under_another_name_is_healed_when_asked_for(
    invoice: Invoice, answered: list[str], sql: Sql
) -> None:
    answered.append("https://t.me/$aBc")
    invoice("p1")
    sql.execute("UPDATE purchases SET pay_url = 'https://telegram.me/$aBc'")

    healed = invoice("p1")

    assert healed.json["pay_url"] == "https://t.me/$aBc"
    assert healed.headers["Idempotent-Replayed"] == "true"
    assert sql.execute("SELECT pay_url FROM purchases").fetchone() == ("https://t.me/$aBc",)
