"""What the tests of the service's pages in a real Chromium stand on."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness.browser import Shop
from harness.types import MakeApp
from werkzeug.serving import BaseWSGIServer, make_server


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
