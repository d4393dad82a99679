"""PostgreSQL is killed again and again while clients buy: what was acknowledged is there.

    python benchmarks/chaos.py [--kills 100] [--clients 8] [--seed 1]

It needs what the tests need (`pip install -e .[dev]`). The real service runs as the Procfile has
it; a PostgreSQL of this command's own is killed (-9, every process of it) at random moments and
started again. Each client buys in a loop, one purchase after the other, and resends what was
refused until it is answered. At the end: no acknowledged purchase may be lost, none doubled, no
answer may have taken 5 s, and the service has to sell again within 2 s of the server's return.
"""

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import psycopg
import requests
from harness.constants import API, ROOT, SWORD
from harness.postgres import Mortal
from harness.servers import WEB, Served

from stars.domain import checks

LONGEST_ANSWER = 5.0
"""Seconds, G16."""

LONGEST_RETURN = 2.0
"""Seconds from the server's return to the first purchase."""

PAUSE = (0.2, 1.5)
"""Seconds between a return and the next kill."""

DOWN = (0.0, 1.0)
"""Seconds for which the server stays dead."""

DOUBLED = """
    SELECT count(*)
    FROM (
        SELECT FROM events WHERE event_type = 'purchase_succeeded'
        GROUP BY purchase_id HAVING count(*) > 1
    ) AS doubled
"""


@dataclass
class Tally:
    """What the clients saw."""

    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    last_sale: float = 0.0


def buy_until(over: threading.Event, client: int, address: str, tally: Tally) -> None:
    """Buy one purchase after the other, each until it is acknowledged."""
    session = requests.Session()
    headers = {"X-User-Id": f"client-{client}"}
    number = 0
    while not over.is_set():
        number += 1
        order = SWORD | {"purchase_id": f"c{client}-{number}"}
        while not attempt(session, address, headers, order, tally):
            if over.is_set():
                return
            time.sleep(0.02)


def attempt(
    session: requests.Session,
    address: str,
    headers: dict[str, str],
    order: dict[str, object],
    tally: Tally,
) -> bool:
    """Send a purchase once; whether it was acknowledged."""
    began = time.monotonic()
    answer = session.post(address + API, json=order, headers=headers, timeout=30)
    ended = time.monotonic()
    tally.seconds.append(ended - began)
    tally.statuses.append(answer.status_code)
    if answer.status_code >= 300:
        return False
    tally.acknowledged.append(str(order["purchase_id"]))
    tally.last_sale = ended
    return True


def kill_and_return(mortal: Mortal, tally: Tally, draw: random.Random) -> float:
    """Kill the server, start it again; return the seconds until somebody bought."""
    time.sleep(draw.uniform(*PAUSE))
    mortal.kill()
    time.sleep(draw.uniform(*DOWN))
    mortal.start()
    back = time.monotonic()
    while tally.last_sale < back:
        time.sleep(0.005)
        if time.monotonic() > back + 60:
            raise SystemExit("nobody can buy a minute after the server's return")
    return tally.last_sale - back


def count_wrongs(url: str, tally: Tally) -> dict[str, int]:
    """Return how much is not as it must be, by what it is."""
    with psycopg.connect(url, autocommit=True) as conn:
        rows = conn.execute("SELECT purchase_id FROM purchases WHERE status = 'succeeded'")
        kept = {purchase_id for (purchase_id,) in rows}
        doubled = conn.execute(DOUBLED).fetchone()
        assert doubled is not None
        problems = checks.find(conn)
    return {
        "lost": len(set(tally.acknowledged) - kept),
        "doubled": int(doubled[0]),
        "found by flask db check": len(problems),
    }


def main() -> None:
    """Run, print what was seen, and exit with 1 if something is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    draw = random.Random(asked.seed)
    tally = Tally()
    over = threading.Event()
    with tempfile.TemporaryDirectory(prefix="stars-chaos-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user where this runs as root
        mortal = Mortal(folder / "pgdata")
        settings = {"DATABASE_URL": mortal.url, "MOCK_PAYMENTS": "true"}
        served = Served(WEB, settings, ROOT, folder / "service.log")
        threads = [
            threading.Thread(target=buy_until, args=(over, client, served.address, tally))
            for client in range(asked.clients)
        ]
        for thread in threads:
            thread.start()
        returns = []
        for number in range(1, asked.kills + 1):
            returns.append(kill_and_return(mortal, tally, draw))
            if number % 10 == 0:
                print(f"{number} kills, {len(tally.acknowledged)} sold", flush=True)
        over.set()
        for thread in threads:
            thread.join()
        served.stop()
        wrongs = count_wrongs(mortal.url, tally)
        mortal.stop()
    report(tally, returns, wrongs)


def report(tally: Tally, returns: list[float], wrongs: dict[str, int]) -> None:
    """Print the figures; exit with 1 if one of them breaks a promise."""
    slow = sum(one >= LONGEST_ANSWER for one in tally.seconds)
    late = sum(one >= LONGEST_RETURN for one in returns)
    print(f"acknowledged: {len(tally.acknowledged)}; {wrongs}")
    print(f"answers by status: {dict(Counter(tally.statuses))}")
    print(f"slowest answer: {max(tally.seconds):.2f} s; over {LONGEST_ANSWER:.0f} s: {slow}")
    print(
        f"first sale after the server's return: median {statistics.median(returns):.2f} s, "
        f"slowest {max(returns):.2f} s; over {LONGEST_RETURN:.0f} s: {late}"
    )
    if slow or late or any(wrongs.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
