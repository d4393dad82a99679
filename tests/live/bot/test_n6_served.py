"""N6 as it is served: gunicorn's workers ask the shop while Telegram waits for them."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from harness.live import Buyer, Shop, open_shop
from harness.receiver import Receiver, Reply, Told
from harness.updates import new_id
from harness.webhooked import FORWARD_SECRET

SECRET = "whsec_" + "c2VjcmV0" * 4
YES: Reply = (200, {}, b'{"ok": true}')


class Side:
    """The shop's backend and its bot, and the service that asks both."""

    def __init__(self, backend: Receiver, bot: Receiver, shop: Shop) -> None:
        self.backend = backend
        self.bot = bot
        self.shop = shop


@pytest.fixture(scope="module")
def open_side(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    backend, bot = Receiver(), Receiver()
    ways = {
        "PRE_CHECKOUT_URL": backend.url,
        "PRE_CHECKOUT_SECRET": SECRET,
        "FORWARD_UPDATES_URL": bot.url,
        "FORWARD_UPDATES_SECRET": FORWARD_SECRET,
    }
    with open_shop(server, tmp_path_factory.mktemp("served"), **ways) as shop:
        shop.sim.act("settings", checkout_seconds=60.0)  # ten are few on a busy machine
        yield Side(backend, bot, shop)
        assert shop.wrong() == []
    backend.close()
    bot.close()


@pytest.fixture
def side(open_side: Side) -> Side:
    """The shop says yes, and its bot approves whatever is its own."""
    open_side.backend.answer = lambda _told: YES
    open_side.bot.answer = approve
    return open_side


def approve(told: Told) -> Reply:
    """Approve a pre-checkout query inside the answer."""
    query: dict[str, Any] = told.document.get("pre_checkout_query", {})
    call = {
        "method": "answerPreCheckoutQuery",
        "pre_checkout_query_id": query.get("id"),
        "ok": True,
    }
    return 200, {"Content-Type": "application/json"}, json.dumps(call).encode()


@pytest.fixture
def payer(side: Side) -> Buyer:
    return side.shop.buyer()


def test_n6_a_buyer_pays_what_the_shop_agrees_to(payer: Buyer) -> None:
    purchase_id = new_id()
    assert payer.pay(payer.link(purchase_id))["status"] == "paid"
    assert payer.status(purchase_id) == "succeeded"


def test_n6_a_buyer_reads_the_shops_words(side: Side, payer: Buyer) -> None:
    no = {"ok": False, "message": "Sold out until Friday."}
    side.backend.answer = lambda _told: (200, {}, json.dumps(no).encode())

    declined = payer.pay(payer.link(new_id()))

    assert (declined["status"], declined["reason"]) == ("failed", "Sold out until Friday.")


def test_n6_a_buyer_is_told_that_the_shop_is_silent(side: Side, payer: Buyer) -> None:
    may_speak = threading.Event()

    def wait(_told: Told) -> Reply:
        may_speak.wait(60)
        return YES

    side.backend.answer = wait
    declined = payer.pay(payer.link(new_id()), wait=60)
    may_speak.set()

    assert declined["status"] == "failed"
    assert declined["reason"].startswith("The shop could not confirm this purchase.")


def test_n6_a_buyer_pays_what_the_shops_bot_sells_itself(side: Side, payer: Buyer) -> None:
    payload = new_id()
    link = side.shop.sim.link(70, payload=payload, description="Theirs")

    assert payer.pay(link)["status"] == "paid"
    assert side.shop.charges(payload) == []
    waiting = "SELECT count(*) FROM forwards WHERE body ~ %s"
    assert side.shop.sql.execute(waiting, [payload]).fetchone() == (1,)
