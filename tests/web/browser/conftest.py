"""What the tests in a real Chromium stand on. Left out, and said so, where there is none."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness.browser import Shop, launch
from harness.types import MakeApp
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import BaseWSGIServer, make_server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser; without one the test is left out."""
    with sync_playwright() as playwright:
        browser = launch(playwright) or pytest.skip(
            "no Chromium: apt install chromium, or playwright install chromium"
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page that tells nothing wrong: an error or a warning in its console fails the test."""
    contexts, complaints = [], []

    def open_one(address: str, **options: Any) -> Page:
        contexts.append(chromium.new_context(**{"locale": "en-US"} | options))
        contexts[-1].set_default_timeout(15_000)
        page = contexts[-1].new_page()
        page.on(
            "console",
            lambda line: line.type in ("error", "warning") and complaints.append(line.text),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def serve_app() -> Iterator[Callable[[Any], str]]:
    """Serve a WSGI app over real HTTP, on a port of its own: serve_app(app), its address."""
    servers: list[BaseWSGIServer] = []

    def start(app: Any) -> str:
        servers.append(make_server("127.0.0.1", 0, app, threaded=True))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def shop(make_app: MakeApp, serve_app: Callable[[Any], str]) -> Shop:
    return Shop(make_app, serve_app)
