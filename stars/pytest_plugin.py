"""The pytest plugin: `stars_simulator` and `stars_service`, for the tests of bots and shops.

pytest loads this module wherever the package is installed, so it imports little before a fixture
is asked for.
"""

import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stars import children

TOKEN = "123456:" + "A" * 35
PATIENCE = 120.0
"""Seconds to wait for anything: a start takes three, and thirty on a machine that is busy."""

KEPT = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR", "TZ", "VIRTUAL_ENV")
"""What the service sees of this environment: a DATABASE_URL in it is that of another program."""


@dataclass(frozen=True)
class Simulator:
    """A simulator of Telegram, and one bot of it.

    `address` stands for https://api.telegram.org, `token` is the bot's. docs/simulator.md lists
    the calls of `act` and `look`.
    """

    address: str
    token: str = TOKEN

    def act(self, call: str, **body: object) -> Any:
        """Return what `POST /sim/<call>` answers. Fails the test where it is refused."""
        import httpx

        url = f"{self.address}/sim/{call}"
        return self._answer(httpx.post(url, json=body, timeout=PATIENCE, trust_env=False))

    def look(self, call: str, **query: str | int) -> Any:
        """Return what `GET /sim/<call>` answers. Fails the test where it is refused."""
        import httpx

        url = f"{self.address}/sim/{call}"
        return self._answer(httpx.get(url, params=query, timeout=PATIENCE, trust_env=False))

    def wait_for(self, user: int, text: str) -> Any:
        """Return the first message in a buyer's chat that has `text`, in itself or on a button.

        Fails the test after two minutes without one.
        """
        until = time.monotonic() + PATIENCE
        changes = -1
        while time.monotonic() < until:
            chat = self.look("chat", user=user, changes=changes, wait=1)
            for message in chat["messages"]:
                if text in str(message):
                    return message
            changes = chat["changes"]
        pytest.fail(f"no message with {text!r} in the chat: {chat['messages']}")

    def _answer(self, answer: Any) -> Any:
        document = answer.json()
        if answer.is_error:
            pytest.fail(f"{answer.request.method} {answer.url}: {document['error']}")
        return document


@dataclass(frozen=True)
class Service:
    """The service in mock mode; every call is below `address`, see docs/front-end.md."""

    address: str


@pytest.fixture
def stars_simulator() -> Iterator[Simulator]:
    """A simulator of Telegram for this test alone, in a thread."""
    from stars.simulator.__main__ import Server
    from stars.simulator.settings import Settings

    server = Server(Settings())
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    simulator = Simulator(f"http://127.0.0.1:{server.port}")
    _introduce_the_bot(simulator)
    yield simulator
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def stars_settings() -> dict[str, str]:
    """Variables of the service (docs/operator.md). Override this fixture to add some."""
    return {}


@pytest.fixture(scope="session")
def stars_service(stars_settings: dict[str, str]) -> Iterator[Service]:
    """The service in mock mode, one for all tests of the run.

    Without a DATABASE_URL in `stars_settings` its data is in an embedded PostgreSQL, and gone
    afterwards.
    """
    # Not below pytest's own folder: root's is closed to the account that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="stars-") as folder:
        port = _free_port()
        environment = _environment_of_the_service(port) | stars_settings
        with _running(Path(folder), environment, port) as service:
            yield service


def _introduce_the_bot(simulator: Simulator) -> None:
    """Make the bot known, so that buyers may write before it has called."""
    import httpx

    address = f"{simulator.address}/bot{simulator.token}/getMe"
    httpx.get(address, timeout=PATIENCE, trust_env=False)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _environment_of_the_service(port: int) -> dict[str, str]:
    given = children.environment()
    kept = {name: given[name] for name in KEPT if name in given}
    ours = {"MOCK_PAYMENTS": "true", "HOST": "127.0.0.1", "PORT": str(port)}
    return kept | ours


@contextmanager
def _running(folder: Path, environment: dict[str, str], port: int) -> Iterator[Service]:
    """Lend the service; what it prints goes to the file `log` in `folder`."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            children.command("stars.start"),
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    service = Service(f"http://127.0.0.1:{port}")
    try:
        if not _becomes_ready(service, process):
            pytest.fail(f"the service does not start:\n{log.read_text(errors='replace')}")
        yield service
    finally:
        process.terminate()
        process.wait()


def _becomes_ready(service: Service, process: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        if _is_ready(service):
            return True
        time.sleep(0.05)
    return False


def _is_ready(service: Service) -> bool:
    import httpx

    try:
        return httpx.get(f"{service.address}/readyz", trust_env=False).is_success
    except httpx.TransportError:
        return False
