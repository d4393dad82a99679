"""Two ways to sell while everything dies (harness.handing_out): the mock and a rehearsal."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from harness.constants import API, ROOT, SWORD
from harness.handing_out import Sell, Surroundings, surroundings
from harness.live import ITEMS, Shop, environment, live_app
from harness.postgres import Mortal
from harness.servers import WEB, Served
from harness.simulator import STERN, simulator
from harness.waiting import eventually
from stars.config import Settings
from stars.domain import items
from stars.factory import create_app

PAYMENT_WAIT = 0.6
"""Seconds for which a buyer waits to hear that the payment is done; it may never be."""


def buyer_at(served: Served) -> Sell:
    """Return how the mock sells: a call, sent again until it is answered with 2xx."""

    def sell(number: int) -> None:
        order = SWORD | {"purchase_id": f"p{number}"}
        headers = {"X-User-Id": f"buyer-{number % 7}"}

        def is_sold() -> bool:
            try:
                answer = requests.post(
                    served.address + API, json=order, headers=headers, timeout=30
                )
            except requests.ConnectionError:  # who answered was killed
                return False
            assert answer.status_code in (200, 503), answer.text
            return answer.status_code == 200

        eventually(is_sold, within=120)

    return sell


def payer_at(shop: Shop) -> Sell:
    """Return how a rehearsal sells: an invoice, and attempts to pay until the Stars have come."""

    def sell(number: int) -> None:
        buyer = shop.buyer()
        purchase_id = f"p{number}"

        def find_link() -> str | None:
            try:
                answer = buyer.invoice(purchase_id)
            except requests.ConnectionError:  # who answered was killed
                return None
            assert answer.status_code in (200, 201, 503), answer.text
            return str(answer.json()["pay_url"]) if answer.ok else None

        link = eventually(find_link, within=120)

        def is_paid() -> bool:
            shop.sim.act("pay", link=link, user=buyer.id, wait=PAYMENT_WAIT)
            shop.sim.push(3, settle=0.1)  # what could not be delivered is sent again
            try:
                answer = buyer.get(purchase_id)
            except requests.ConnectionError:
                return False
            return answer.ok and answer.json()["status"] in ("succeeded", "refunded")

        eventually(is_paid, within=120)

    return sell


@contextmanager
def mocked(mortal: Mortal, *, language: str, folder: Path) -> Iterator[tuple[Surroundings, Sell]]:
    """Start all of it in mock mode."""
    variables = {"DATABASE_URL": mortal.url, "MOCK_PAYMENTS": "true"}
    served = Served(WEB, variables, ROOT, folder / "web.log")
    app = create_app(Settings(mode="mock", database_url=mortal.url))
    try:
        with surroundings(
            mortal, app, variables, language=language, folder=folder, served=served
        ) as around:
            yield around, buyer_at(served)
    finally:
        served.stop()
        app.extensions["stars"].db.close()


@contextmanager
def rehearsed(
    mortal: Mortal, *, language: str, folder: Path
) -> Iterator[tuple[Surroundings, Sell]]:
    """Start all of it live, with the simulator. What is not handed out at once is given back."""
    with simulator(STERN) as sim:
        variables = environment(mortal.url, sim.address, REFUND_UNFULFILLED_AFTER="1s")
        served = Served(WEB, variables, ROOT, folder / "web.log")
        app = live_app(mortal.url, sim.address, public_url=served.address)
        shop = Shop(served.address, mortal.url, sim, app, folder / "web.log")
        try:
            items.import_items(app.extensions["stars"].db, ITEMS)
            assert shop.run("telegram", "webhook", "set").exit_code == 0
            with surroundings(
                mortal, app, variables, language=language, folder=folder, served=served
            ) as around:
                yield around, payer_at(shop)
        finally:
            served.stop()
            shop.close()
