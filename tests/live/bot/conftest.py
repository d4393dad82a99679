"""What the tests of the shop's own bot stand on: the bot, Telegram, and what passes on."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness.bot_api import bot_api
from harness.constants import LIVE
from harness.receiver import Receiver
from harness.types import MakeApp, Sql
from harness.webhooked import FORWARD_SECRET, ITEM, Webhooked

from stars.live.payments import LivePayments
from stars.work.post import Post

# What Telegram says to a reconciliation.
RECONCILED: dict[str, Any] = {
    "getStarTransactions": {"transactions": []},
    "getWebhookInfo": {"url": ""},
    "getMyStarBalance": {"amount": 0},
}
Called = list[tuple[str, dict[str, Any]]]
Start = Callable[[], threading.Event]


@pytest.fixture
def bot() -> Iterator[Receiver]:
    """The shop's own bot, which takes everything until a test says otherwise."""
    bot = Receiver()
    yield bot
    bot.close()


@pytest.fixture
def called() -> Called:
    """What Telegram was asked for: method and arguments."""
    return []


@pytest.fixture
def shop(make_app: MakeApp, bot: Receiver, sql: Sql, called: Called) -> Iterator[Webhooked]:
    """A live service that passes on what is not its own."""

    def answer(method: str, arguments: dict[str, Any]) -> Any:
        if method in RECONCILED:
            return RECONCILED[method]
        called.append((method, arguments))
        return True

    with bot_api(answer) as address:
        ways = {
            "telegram_api_url": address,
            "forward_updates_url": bot.url,
            "forward_updates_secret": FORWARD_SECRET,
        }
        shop = Webhooked(make_app(**LIVE | ways))
        sql.execute(ITEM)
        yield shop


@pytest.fixture
def start(shop: Webhooked) -> Iterator[Start]:
    """Start what passes on; all are stopped when the test is over."""
    started: list[tuple[threading.Event, threading.Thread]] = []

    def begin() -> threading.Event:
        payments = shop.here.payments
        assert isinstance(payments, LivePayments)
        assert payments.shop_bot is not None
        post = Post(shop.here.db, payments.shop_bot, payments.telegram)
        stopping = threading.Event()
        thread = threading.Thread(target=post.run, args=[stopping])
        thread.start()
        started.append((stopping, thread))
        return stopping

    yield begin
    for stopping, _ in started:
        stopping.set()
    for _, thread in started:
        thread.join()
