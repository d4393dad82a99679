"""The fixtures that every room of the tests uses; what they are made of is in harness/."""

import atexit
import io
import json
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from harness.browser import launch
from harness.constants import ROOT
from harness.databases import Databases
from harness.people import Person, person
from harness.postgres import Mortal, do_not_wait_for_disks, fresh_database, make_template
from harness.servers import WEB, Served
from harness.types import Command, Logged, MakeApp, Serve, Sql
from harness.wire import Wire
from playwright.sync_api import Browser, Page, sync_playwright

from stars.config import Settings
from stars.database import embedded
from stars.domain import checks
from stars.factory import create_app
from stars.logs import LineFormatter


def pytest_configure(config: pytest.Config) -> None:
    """Give each run a place of its own for its files.

    pytest's own is one for all runs of a user, and closed anew by each that starts; PostgreSQL,
    which runs as another user when the tests run as root, would be locked out in the middle of a
    run by the start of the next.

    What the tests start has to hear Ctrl-C, also where the run does not, as in the background of a
    shell: a process inherits what its parent ignores.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        place = tempfile.mkdtemp(prefix="stars-tests-")
        os.environ["PYTEST_DEBUG_TEMPROOT"] = place
        # At exit: after the servers in it have been stopped.
        atexit.register(shutil.rmtree, place, ignore_errors=True)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a PostgreSQL of this run's own, with a migrated database to copy.

    TEST_DATABASE_URL names another, like postgresql://postgres@/postgres?host=/its/socket/folder.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    url = given or embedded.start(tmp_path_factory.mktemp("postgres") / "data")
    if not given:
        do_not_wait_for_disks(url)
    make_template(url)
    return url


@pytest.fixture
def empty_url(server: str) -> Iterator[str]:
    """A database with nothing in it."""
    with fresh_database(server, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def databases(server: str) -> Iterator[Databases]:
    """Migrated databases to lend to tests."""
    databases = Databases(server)
    yield databases
    databases.close()


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    """A migrated database of this test's own; afterwards nothing in it may be wrong (G19)."""
    with databases.lend() as url:
        yield url
        with psycopg.connect(url, autocommit=True) as conn:
            assert checks.find(conn) == []


@pytest.fixture
def sql(url: str) -> Iterator[Sql]:
    """A look into the test's database from beside the service."""
    with psycopg.connect(url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def make_app(url: str) -> Iterator[MakeApp]:
    """Make an app on the test's database: make_app(mode="live", ...)."""
    apps: list[Flask] = []

    def make(**settings: Any) -> Flask:
        app = create_app(Settings(**{"mode": "mock", "database_url": url} | settings))
        apps.append(app)
        return app

    yield make
    for app in apps:
        app.extensions["stars"].db.close()


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The service in mock mode."""
    return make_app()


@pytest.fixture
def alice(app: Flask) -> Person:
    """A buyer."""
    return person(app, "alice")


@pytest.fixture
def bob(app: Flask) -> Person:
    """Another buyer."""
    return person(app, "bob")


@pytest.fixture
def command(app: Flask) -> Command:
    """Run a command: command("purchase", "fail", "p1")."""
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=list(words))


@pytest.fixture
def logged() -> Iterator[Logged]:
    """The log lines so far, as JSON.

    logged() are all but the requests' own; logged("name") are those of that name.
    """
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    logger = logging.getLogger("stars")
    logger.addHandler(handler)

    def lines(name: str | None = None) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in stream.getvalue().splitlines()]
        if name is None:
            return [line for line in found if line["message"] != "request"]
        return [line for line in found if line["message"] == name]

    yield lines
    logger.removeHandler(handler)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start the service: serve(DATABASE_URL=...), by default by the Procfile's web line."""
    started: list[Served] = []

    def start(command: list[str] = WEB, cwd: Path = ROOT, **environment: str) -> Served:
        log = tmp_path / f"log-{len(started)}"
        served = Served(command, {"MOCK_PAYMENTS": "true", **environment}, cwd, log)
        started.append(served)
        return served

    yield start
    for served in started:
        served.stop(signal.SIGQUIT)
        print(served.output()[-4000:])  # pytest shows it when the test has failed


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    """A PostgreSQL that may die."""
    server = Mortal(tmp_path / "mortal")
    yield server
    server.stop()


@pytest.fixture
def wire(url: str) -> Iterator[Wire]:
    """A way to the test's database that can be cut."""
    wire = Wire(url)
    yield wire
    wire.close()


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
