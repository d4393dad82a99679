"""What the funnel costs, by the size of the table and of the window.

    python benchmarks/funnel.py [--sizes 10000 100000 1000000] [--runs 9]

It needs the extra `embedded`, starts a PostgreSQL of its own, fills a database a size with
`flask db seed` (30 days), and removes everything afterwards. Each time is the median over that many
runs of what the service does, on one connection, so that most of them run prepared; each window has
one before it, which is counted as well.
"""

import argparse
import atexit
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from psycopg import sql

from stars.config import Settings
from stars.database import embedded
from stars.database.pool import Database
from stars.domain import funnel, funnel_hours
from stars.domain.service import Service
from stars.factory import create_app

DAYS = 30


def seeded(url: str, size: int) -> Database:
    """A database of its own with that many purchases."""
    name = f"funnel_{size}"
    admin = Database(lambda: url, max_connections=1)
    with admin.connection() as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    admin.close()
    app = create_app(Settings(mode="mock", database_url=url.replace("/postgres?", f"/{name}?")))
    for words in (["db", "migrate"], ["db", "seed", str(size), "--days", str(DAYS), "--seed", "1"]):
        began = time.perf_counter()
        done = app.test_cli_runner().invoke(args=words)
        if done.exit_code:
            raise SystemExit(done.output)
    print(f"{size} purchases seeded in {time.perf_counter() - began:.0f} s", flush=True)
    service: Service = app.extensions["stars"]
    return service.db


def measured(db: Database, until: datetime, length: timedelta, runs: int) -> tuple[int, float]:
    """Return the invoices of the window and the one before, and the ms to measure them."""
    times, invoices = [], 0
    for _ in range(runs):
        began = time.perf_counter()
        total = funnel.measure(
            db, mode="mock", since=until - length, until=until, by="source", unhurried=True
        )["total"]
        times.append((time.perf_counter() - began) * 1000)
        invoices = total["created"] + total["before"]["created"]
    return invoices, statistics.median(times)


def main() -> None:
    """Fill, measure, print a row a size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=9)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="stars-benchmark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the server in it has stopped
    url = embedded.start(folder / "pgdata")
    for size in asked.sizes:
        db = seeded(url, size)
        print(row(db, size, "counted from events", asked.runs), flush=True)
        began = time.perf_counter()
        hours = funnel_hours.aggregate(db).counted
        print(f"{hours} hours counted ahead in {time.perf_counter() - began:.1f} s", flush=True)
        print(row(db, size, "counted ahead", asked.runs), flush=True)
        db.close()


def row(db: Database, size: int, label: str, runs: int) -> str:
    """Measure windows of several lengths, and return what they took."""
    until = datetime.now(UTC)
    whole = timedelta(days=DAYS)
    cells = [f"{size:>9} {label:<20}"]
    # Half a thousandth to each side: windows of about 1000 invoices, whatever the table.
    for length in (whole * 500 / size, timedelta(days=1), timedelta(days=7), whole):
        invoices, ms = measured(db, until, length, runs)
        cells.append(f"{invoices:>8} in {ms:>6.0f} ms")
    return "   ".join(cells)


if __name__ == "__main__":
    main()
