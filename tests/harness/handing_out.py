"""A shop that hands out what was paid while everything it stands on is killed at random (N3).

What is killed, and when, is a plan made from a seed. The service sells in mock mode, or live in a
rehearsal, where what nobody hands out in time is given back. Used by a test with few purchases and
by benchmarks/handing_out.py with many.
"""

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from flask import Flask

from harness.constants import ROOT
from harness.postgres import Mortal
from harness.servers import Served, clean_environment, free_port
from harness.waiting import eventually
from stars.domain import api_keys
from stars.domain.service import Service
from stars.notifications import endpoints

CLIENTS = 4
VICTIMS = ("web", "worker", "backend", "postgresql")

# What waits for its next attempt is due now, as after an operator's `flask deliveries resend`.
HURRY = """
    UPDATE deliveries SET due_at = now(), lease_until = NULL
    WHERE delivered_at IS NULL AND given_up_at IS NULL;
    UPDATE periodic_tasks SET next_at = now();
    UPDATE refunds SET due_at = now() WHERE done_at IS NULL;
"""
ENDED = """
    SELECT purchase_id, status, fulfilled_at IS NOT NULL FROM purchases
"""


@dataclass(frozen=True)
class Death:
    """Who dies once so many were sold."""

    after: int
    victim: str


def plan_deaths(seed: int, purchases: int, deaths: int) -> list[Death]:
    """Return who dies when. Of many deaths each has its share, and each is there at least once."""
    draw = random.Random(seed)
    victims = [VICTIMS[number % len(VICTIMS)] for number in range(deaths)]
    draw.shuffle(victims)
    moments = sorted(draw.randrange(purchases) for _ in victims)
    return [Death(after, victim) for after, victim in zip(moments, victims, strict=True)]


class Program:
    """A process that is killed and started again with the same words."""

    def __init__(self, words: list[str], environment: dict[str, str], log: Path) -> None:
        self.words = words
        self.environment = clean_environment(**environment)
        self.log = log
        self.start()

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.words, env=self.environment, cwd=ROOT, stdout=output, stderr=output
            )

    def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)


@dataclass(frozen=True)
class Ending:
    """What came of all purchases, by what the shop and the service say."""

    handed_out: set[str]
    fulfilled: set[str]
    given_back: set[str]
    open: set[str]


@dataclass
class Surroundings:
    """The service, its worker, the shop's backend and PostgreSQL, each of which may die."""

    mortal: Mortal
    served: Served
    worker: Program
    backend: Program
    goods: Callable[[], list[str]]
    killed: Counter[str] = field(default_factory=Counter)

    def kill(self, victim: str) -> None:
        """Kill one, and start it again."""
        self.killed[victim] += 1
        if victim == "web":
            for process in self.served.workers()[:1]:
                process.kill()  # its master starts another
        elif victim == "postgresql":
            self.mortal.kill()
            self.mortal.start()
        else:
            program = self.worker if victim == "worker" else self.backend
            program.kill()
            program.start()

    def ending(self) -> Ending:
        """Hurry what waits, and return what came of all purchases until now."""
        with psycopg.connect(self.mortal.url, autocommit=True) as conn:
            conn.execute(HURRY)
            rows = conn.execute(ENDED).fetchall()
        goods = self.goods()
        assert len(goods) == len(set(goods)), "something was handed out twice"
        fulfilled = {name for name, _, is_fulfilled in rows if is_fulfilled}
        given_back = {name for name, status, _ in rows if status == "refunded"}
        names = {name for name, _, _ in rows}
        still_open = names - (set(goods) & fulfilled) - given_back
        return Ending(set(goods), fulfilled, given_back, still_open)


Sell = Callable[[int], None]
"""Sells one purchase, whatever dies meanwhile, until it is acknowledged."""


def carry_out(around: Surroundings, sell: Sell, purchases: int, deaths: list[Death]) -> None:
    """Sell all, while everybody dies when the plan says."""
    sold = threading.Semaphore(0)

    def sell_and_tell(number: int) -> None:
        sell(number)
        sold.release()

    with ThreadPoolExecutor(CLIENTS) as clients:
        sales = [clients.submit(sell_and_tell, number) for number in range(purchases)]
        counted = 0
        for death in deaths:
            while counted < death.after:
                sold.acquire(timeout=120)
                counted += 1
            around.kill(death.victim)
        for sale in sales:
            sale.result()


def settle(around: Surroundings, purchases: int) -> Ending:
    """Wait until nothing is open any more."""

    def ended() -> Ending | None:
        ending = around.ending()
        time.sleep(0.2)  # between two hurries, so that a delivery is not claimed twice at once
        return ending if not ending.open else None

    ending = eventually(ended, within=300)
    assert isinstance(ending, Ending)
    assert len(ending.handed_out | ending.given_back) == purchases
    return ending


def backend_words(language: str, folder: Path) -> list[str]:
    """Return how to start the example in Python or in Node, whose packages lie in `folder`."""
    if language == "python":
        return [sys.executable, str(ROOT / "examples" / "backend.py")]
    program = folder / "backend.mjs"
    program.write_text((ROOT / "examples" / "backend.mjs").read_text())
    return ["node", str(program)]


def goods_of(language: str, path: Path) -> Callable[[], list[str]]:
    """Return what tells the purchases that the example has handed out."""

    def in_table() -> list[str]:
        with closing(sqlite3.connect(path)) as db:
            return [name for (name,) in db.execute("SELECT purchase_id FROM goods")]

    def in_lines() -> list[str]:
        return path.read_text().split() if path.exists() else []

    return in_table if language == "python" else in_lines


@contextmanager
def surroundings(
    mortal: Mortal,
    app: Flask,
    environment: dict[str, str],
    *,
    language: str,
    folder: Path,
    served: Served,
) -> Iterator[Surroundings]:
    """Start the worker and the example, which is told of sales, beside the service.

    `app` is the same service in this process; `environment` is that of the others.
    """
    here: Service = app.extensions["stars"]
    mode = here.payments.mode
    port = free_port()
    key = api_keys.create(here.db, name="shop", mode=mode, scopes=["write"])
    _, secret = endpoints.add(
        here.db,
        url=f"http://127.0.0.1:{port}/stars",
        mode=mode,
        types=["purchase.succeeded"],
        is_development=True,
    )
    shop = {
        "STARS": served.address,
        "STARS_KEY": key,
        "WEBHOOK_SECRET": secret,
        "PORT": str(port),
        "SHOP_DB": str(folder / "shop"),
    }
    flask = str(Path(sys.executable).parent / "flask")
    worker = Program([flask, "worker"], environment, folder / "worker.log")
    backend = Program(backend_words(language, folder), shop, folder / "backend.log")
    goods = goods_of(language, folder / "shop")
    try:
        yield Surroundings(mortal, served, worker, backend, goods)
    finally:
        worker.kill()
        backend.kill()
