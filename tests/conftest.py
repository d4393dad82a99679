"""What every test stands on: a real PostgreSQL, a migrated database of its own, people who buy, real server processes."""

import atexit
import io
import json
import logging
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import requests
from harness.simulator import Hook, Sim, simulator, webhook
from init_data_py import sign

from stars.config import THREADS, Settings
from stars.database import embedded
from stars.database.migrate import migrate
from stars.database.pool import Database
from stars.database.queries import queries
from stars.factory import create_app
from stars.logs import LineFormatter

ROOT = Path(__file__).resolve().parent.parent
API = "/api/v1/purchase"
SWORD = {"item_id": "golden-sword", "price_stars": 50, "purchase_type": "cosmetic"}
BOT_TOKEN = "123456:" + "t" * 35
WEBHOOK_SECRET = "w" * 32


def pytest_configure(config: pytest.Config) -> None:
    """Give each run a place of its own for its files.

    pytest's own is one for all runs of a user, and closed anew by each that starts; PostgreSQL, which runs as another
    user when the tests run as root, would be locked out in the middle of a run by the start of the next.
    """
    if not hasattr(config, "workerinput"):
        os.environ["PYTEST_DEBUG_TEMPROOT"] = place = tempfile.mkdtemp(prefix="stars-tests-")
        atexit.register(
            shutil.rmtree, place, ignore_errors=True
        )  # after the servers in it have been stopped


def eventually(condition: Callable[[], Any], within: float = 20) -> Any:
    """The first true value of `condition`; tests wait for what they mean, never for a time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {within} s: {condition}")


def launch_data(user_id: int = 42, *, age: float = 0, token: str = BOT_TOKEN, **fields: str) -> str:
    """What a Mini App of this user sends, `age` seconds old."""
    user = {"user": json.dumps({"id": user_id, "first_name": "A"})} if user_id else {}
    return sign({**user, "query_id": "AAE", **fields}, token, auth_date=time.time() - age)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts at the same moment, each in a thread of its own; their results in order."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int) -> None:
        barrier.wait()
        results[number] = acts[number]()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def race(url: str, hold: str, *acts: Callable[[], Any]) -> list[Any]:
    """Run all acts at once against what `hold` has locked; let go when as many wait as there are connections."""
    blocked = """SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        holder.execute(hold.encode())

        def let_go() -> None:
            eventually(lambda: watcher.execute(blocked).fetchone() == (THREADS,))
            holder.rollback()

        return together(*acts, let_go)[:-1]


def statuses(answers: list[Any]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a PostgreSQL of this run's own, with a migrated database to copy.

    TEST_DATABASE_URL names another to use, like postgresql://postgres@/postgres?host=/folder/of/its/socket.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    url = given or embedded.start(tmp_path_factory.mktemp("postgres") / "data")
    if not given:
        with psycopg.connect(url, autocommit=True) as admin:
            # Nobody kills this one (the tests that do have one of their own), so it need not wait for a disk.
            admin.execute("ALTER SYSTEM SET fsync = off")
            admin.execute("SELECT pg_reload_conf()")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS migrated")
        admin.execute("CREATE DATABASE migrated")
    db = Database(lambda: at(url, "migrated"), max_connections=1)
    migrate(db)
    db.close()
    return url


def at(url: str, database: str) -> str:
    """The address of another database of the same server."""
    return url.replace("/postgres?", f"/{database}?")


@pytest.fixture
def empty_url(server: str) -> Iterator[str]:
    """A database with nothing in it."""
    with fresh_database(server, "template0") as url:
        yield url


@pytest.fixture
def url(server: str) -> Iterator[str]:
    """A migrated database of this test's own. When the test is over, nothing in it may contradict itself (G19)."""
    with fresh_database(server, "migrated") as url:
        yield url
        with psycopg.connect(url, autocommit=True) as conn:
            assert [*queries.find_contradictions(conn), *queries.find_unaccounted(conn)] == []


@contextmanager
def fresh_database(server: str, template: str) -> Iterator[str]:
    """A copy of `template`, dropped afterwards, whoever is still connected."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield at(server, name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sql(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A look into the test's database from beside the service."""
    with psycopg.connect(url, autocommit=True) as conn:
        yield conn


class Person:
    """Somebody who calls the service, by whatever can send: a Flask test client, or a session to a real server."""

    def __init__(self, send: Callable[..., Any], name: str) -> None:
        self.send, self.name, self.headers = send, name, {"X-User-Id": name}

    def invoice(self, purchase_id: str, **fields: Any) -> Any:
        return self.send(
            "POST", f"{API}/invoice", self.headers, {"purchase_id": purchase_id, **SWORD, **fields}
        )

    def purchase(self, purchase_id: str, **fields: Any) -> Any:
        return self.send("POST", API, self.headers, {"purchase_id": purchase_id, **fields})

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("POST", path, self.headers | headers, body)

    def get(self, purchase_id: str) -> Any:
        return self.send("GET", f"{API}/{purchase_id}", self.headers)

    def history(self, purchase_id: str) -> list[str]:
        """The event types, oldest first."""
        found = self.send("GET", f"{API}/{purchase_id}/events", self.headers)
        return [event["event_type"] for event in found.json] if found.status_code == 200 else []


@pytest.fixture
def make_app(url: str) -> Iterator[Callable[..., Any]]:
    """Make an app on the test's database: make_app(mode="live", ...)."""
    apps = []

    def make(**settings: Any) -> Any:
        app = create_app(Settings(**{"mode": "mock", "database_url": url} | settings))
        apps.append(app)
        return app

    yield make
    for app in apps:
        app.extensions["stars"].db.close()


@pytest.fixture
def app(make_app: Callable[..., Any]) -> Any:
    """The service in mock mode."""
    return make_app()


def person(app: Any, name: str) -> Person:
    """Somebody who calls `app` directly. Bodies that are bytes go out as they are."""

    def send(method: str, path: str, headers: dict[str, str], body: Any = None) -> Any:
        data = body if isinstance(body, bytes | None) else json.dumps(body)
        content_type = None if body is None else "application/json"
        return app.test_client().open(
            path, method=method, headers=headers, data=data, content_type=content_type
        )

    return Person(send, name)


@pytest.fixture
def alice(app: Any) -> Person:
    return person(app, "alice")


@pytest.fixture
def bob(app: Any) -> Person:
    return person(app, "bob")


@pytest.fixture
def console(app: Any) -> Callable[..., Any]:
    """Run a console command: console("purchase", "fail", "p1")."""
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=list(words))


@pytest.fixture
def logged() -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """The log lines so far, as JSON: logged() all but the requests' own, logged("name") those of that name."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    logger = logging.getLogger("stars")
    logger.addHandler(handler)

    def lines(name: str | None = None) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in stream.getvalue().splitlines()]
        return [
            line
            for line in found
            if (line["message"] == name if name else line["message"] != "request")
        ]

    yield lines
    logger.removeHandler(handler)


def free_port() -> int:
    """A port nobody listens on, below those that connections going out are given (32768 and up on Linux)."""
    while True:
        port = secrets.choice(range(15_000, 32_000))
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


class Served:
    """The service as a real process under gunicorn."""

    def __init__(
        self, command: list[str], environment: dict[str, str], cwd: Path, log: Path
    ) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.sessions: list[requests.Session] = []
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env=clean_environment() | {"PORT": str(self.port)} | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        eventually(lambda: self.process.poll() is not None or self.answers("/livez"), within=30)

    def answers(self, path: str) -> bool:
        try:
            return requests.get(self.address + path, timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def output(self) -> str:
        return self.log.read_text()

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The log lines of that name."""
        found = [json.loads(line) for line in self.output().splitlines() if line.startswith("{")]
        return [line for line in found if line["message"] == name]

    def person(self, name: str) -> Person:
        """Somebody who calls it over one kept-alive connection."""
        session = requests.Session()
        self.sessions.append(session)

        def send(method: str, path: str, headers: dict[str, str], body: Any = None) -> Any:
            answer = session.request(
                method, self.address + path, headers=headers, json=body, timeout=30
            )
            answer.json = answer.json()  # as the test client has it
            return answer

        return Person(send, name)

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """End it and everything it started; its exit code."""
        for session in self.sessions:
            session.close()
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            return self.process.wait(40)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)


def clean_environment(**more: str) -> dict[str, str]:
    """What a process needs of ours, and none of our settings."""
    ours = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV")
    bin_folder = str(Path(sys.executable).parent)
    kept = {name: os.environ[name] for name in ours if name in os.environ}
    return kept | {"PATH": f"{bin_folder}:{kept['PATH']}", "PYTHONUNBUFFERED": "1"} | more


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start the service: serve(DATABASE_URL=..., MOCK_PAYMENTS="true"), by default what the Procfile's web line runs."""
    started: list[Served] = []
    web = re.search(r"^web: (.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE)[1].split()

    def start(command: list[str] = web, cwd: Path = ROOT, **environment: str) -> Served:
        served = Served(
            command, {"MOCK_PAYMENTS": "true", **environment}, cwd, tmp_path / f"log-{len(started)}"
        )
        started.append(served)
        return served

    yield start
    for served in started:
        served.stop(signal.SIGQUIT)
        print(served.output()[-4000:])  # pytest shows it when the test has failed


class Mortal:
    """A PostgreSQL of a test's own, to be killed and started again."""

    def __init__(self, data: Path) -> None:
        self.server = embedded.load()(data, cleanup_mode=None)
        self.url: str = self.server.get_uri()
        db = Database(lambda: self.url, max_connections=1)
        migrate(db)
        db.close()

    def kill(self) -> None:
        """Kill -9 for every process of it, as when the machine loses power."""
        postmaster = psutil.Process(self.server.get_pid())
        postmaster.suspend()  # or a child it starts just now would be missed, and bar the next start
        family = [postmaster, *postmaster.children()]
        for process in family:
            process.kill()
        psutil.wait_procs(family, 10)

    def start(self) -> None:
        self.server.start()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    """A PostgreSQL that may die."""
    server = Mortal(tmp_path / "mortal")
    yield server
    server.server.stop()


class Wire:
    """A TCP way to PostgreSQL that can be cut at the worst moment."""

    def __init__(self, url: str) -> None:
        self.socket_path = f"{re.search(r'host=([^&]+)', url)[1]}/.s.PGSQL.5432"
        self.listener = socket.create_server(("127.0.0.1", 0))
        port = self.listener.getsockname()[1]
        database = re.search(r"/(\w+)\?", url)[1]
        self.url = f"postgresql://postgres@127.0.0.1:{port}/{database}?sslmode=disable"
        self.holding_answers = False
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.socket_path)
            self.pairs.append((near, far))
            threading.Thread(target=self._copy, args=[near, far, False], daemon=True).start()
            threading.Thread(target=self._copy, args=[far, near, True], daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                while answers and self.holding_answers:
                    time.sleep(0.005)
                target.sendall(data)

    def cut(self) -> None:
        """Break every connection, without a word."""
        for near, far in self.pairs:
            for end in (near, far):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self.pairs.clear()
        self.holding_answers = False

    def close(self) -> None:
        self.listener.close()
        self.cut()


@pytest.fixture
def wire(url: str) -> Iterator[Wire]:
    """A way to the test's database that can be cut."""
    wire = Wire(url)
    yield wire
    wire.close()


@pytest.fixture
def sim() -> Iterator[Sim]:
    """A simulator of Telegram, and one bot of it."""
    with simulator() as sim:
        yield sim


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook that approves everything, until it is told to do otherwise."""
    with webhook() as hook:
        yield hook


@pytest.fixture
def shop(sim: Sim, hook: Hook) -> Sim:
    """A bot with that webhook."""
    sim.hook(hook)
    return sim
