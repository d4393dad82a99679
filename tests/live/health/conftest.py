"""What the tests of health stand on: a service, and a Telegram that says what a test wants."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from harness.bot_api import bot_api
from harness.live import live_app
from harness.types import Sql
from harness.watched import PUBLIC_URL, Telegram, Watched


@pytest.fixture
def telegram() -> Telegram:
    return Telegram()


@pytest.fixture
def make_watched(url: str, sql: Sql, telegram: Telegram) -> Iterator[Callable[..., Watched]]:
    """Make a service on the test's database: make_watched(silence_after=1)."""
    apps: list[Flask] = []
    with bot_api(telegram.answer, lambda: telegram.clock_ahead) as address:

        def make(**settings: Any) -> Watched:
            app = live_app(url, address, **{"public_url": PUBLIC_URL} | settings)
            apps.append(app)
            return Watched(app, sql)

        yield make
        for app in apps:
            app.extensions["stars"].payments.telegram.close()
            app.extensions["stars"].db.close()


@pytest.fixture
def watched(make_watched: Callable[..., Watched]) -> Watched:
    return make_watched()
