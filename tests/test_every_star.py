"""L13: every Star is accounted for, whatever Telegram, the network and the machines do; a plan made from a seed.

The seed is printed; EVERY_STAR_SEED=<it> makes the same plan again. What the plan says is done by several threads at once,
so two runs of one plan differ in their timing, and have to end alike.
"""

import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
import requests
from harness.constants import ROOT, SWORD
from harness.live import ITEMS, Buyer, Shop, environment, live_app
from harness.postgres import Mortal
from harness.servers import WEB, Served
from harness.simulator import simulator

from stars.domain import items, purchases
from stars.errors import Refusal
from stars.live import reconcile, refunds

PURCHASES = 320
STARS = 1000
CLIENTS = 4
COUNTED = [field.name for field in fields(reconcile.Counts)]
NOTHING = dict.fromkeys(COUNTED, 0) | {"unexplained": [], "telegram": None}

UPDATES = ("pre_checkout_query", "successful_payment", "refunded_payment")
LINK = (
    {"kind": "500", "times": 2},
    {"kind": "429", "retry_after": 1},
    {"kind": "timeout", "seconds": 0, "times": 2},
    {"kind": "lost_answer", "seconds": 0},
    {"kind": "500", "times": 4},
)
DELIVERY = (
    {"kind": "duplicate", "times": 2},
    {"kind": "drop"},
    {"kind": "delay", "seconds": 0.5},
    {"kind": "reorder"},
    {"kind": "concurrent", "copies": 3},
    {"kind": "forged_secret"},
)
REFUND = (
    {"kind": "lost_answer", "seconds": 0, "times": 4},
    {"kind": "500", "times": 4},
    {"kind": "timeout", "seconds": 0, "times": 4},
    {"kind": "already_refunded"},
    {"kind": "balance_too_low", "times": 2},
    {"kind": "429", "retry_after": 9},
)
PAYMENT = (
    {"kind": "wrong_amount"},
    {"kind": "wrong_currency"},
    {"kind": "wrong_payer"},
    {"kind": "second_payment"},
    {"kind": "unpaid"},
    {"kind": "chargeback", "seconds": 0.2},
)
DEEDS = ("pay",) * 8 + (
    "cancel",
    "pay again",
    "pay twice at once",
    "a stranger pays",
    "refund",
    "refund twice",
    "refund elsewhere",
    "mark failed",
    "mark failed and pay again",
    "chargeback",
)
CALAMITIES = (
    ("kill a worker",) * 6 + ("kill PostgreSQL",) * 2 + ("reconcile",) * 4 + ("time passes",) * 4
)


@dataclass(frozen=True)
class Sale:
    """One purchase: what its buyer does, and which faults strike it."""

    purchase_id: str
    deed: str
    faults: tuple[
        Any, ...
    ]  # each with its match; "buyer" and "stranger" are ids that are known only later


def make_plan(seed: int) -> tuple[list[Sale], list[tuple[int, str]]]:
    """The sales, and after how many of them which calamity happens."""
    dice = random.Random(seed)
    sales = []
    for number in range(PURCHASES):
        purchase_id, faults = f"star-{number}", []
        if dice.random() < 0.15:
            faults.append(
                dice.choice(LINK)
                | {"match": {"method": "createInvoiceLink", "payload": purchase_id}}
            )
        for update in UPDATES:
            if dice.random() < 0.2:
                faults.append(
                    dice.choice(DELIVERY) | {"match": {"update": update, "payload": purchase_id}}
                )
        if dice.random() < 0.35:
            stage = dice.choice(("payment", "payment", "checkout"))
            fault = dice.choice(PAYMENT) | {"match": {"payload": purchase_id}}
            if fault["kind"].startswith("wrong"):
                fault["match"]["stage"] = stage
            faults.append(fault)
        if dice.random() < 0.5:
            faults.append(
                dice.choice(REFUND) | {"match": {"method": "refundStarPayment", "user": "buyer"}}
            )
        sales.append(Sale(purchase_id, dice.choice(DEEDS), tuple(faults)))
    calamities = [(dice.randrange(5, PURCHASES - 5), kind) for kind in CALAMITIES]
    return sales, sorted(calamities)


class Run:
    """One plan, carried out."""

    def __init__(self, shop: Shop, mortal: Mortal, served: Served, seed: int) -> None:
        self.shop, self.mortal, self.served = shop, mortal, served
        self.sales, self.calamities = make_plan(seed)
        self.here = shop.app.extensions["stars"]
        self.done = 0
        self.counting = threading.Condition()
        self.strangers = [shop.buyer(STARS) for _ in range(3)]

    def carry_out(self) -> None:
        """All sales, by several clients at once, and the calamities between them."""
        with ThreadPoolExecutor(CLIENTS + 1) as together:
            for outcome in [
                together.submit(self.strike),
                *(together.submit(self.sell, sale) for sale in self.sales),
            ]:
                outcome.result()

    def strike(self) -> None:
        for after, kind in self.calamities:
            with self.counting:
                self.counting.wait_for(lambda after=after: self.done >= after, 60)
            match kind:
                case "kill a worker":
                    for worker in self.served.workers()[:1]:
                        worker.kill()
                case "kill PostgreSQL":
                    self.mortal.kill()
                    self.mortal.start()
                case "reconcile":
                    self.attempt(
                        lambda: reconcile.reconcile(
                            self.here.db, self.here.payments.telegram, request_id="every-star"
                        )
                    )
                case "time passes":
                    self.shop.sim.push(3, settle=0.1)

    def sell(self, sale: Sale) -> None:
        try:
            self.sell_to_somebody(sale)
        finally:
            with self.counting:
                self.done += 1
                self.counting.notify_all()

    def sell_to_somebody(self, sale: Sale) -> None:
        buyer, sim = self.shop.buyer(STARS), self.shop.sim
        for fault in sale.faults:
            match = {
                name: buyer.id if value == "buyer" else value
                for name, value in fault["match"].items()
            }
            more = {"value": self.strangers[0].id} if fault["kind"] == "wrong_payer" else {}
            sim.fault(**fault | {"match": match} | more)
        link = self.link(buyer, sale.purchase_id)
        if link and sale.deed != "cancel":
            self.act(sale, buyer, link)

    def act(self, sale: Sale, buyer: Buyer, link: str) -> None:
        sim, wait = self.shop.sim, 0.6

        def pay(by: Buyer = buyer) -> Any:
            return sim.act("pay", link=link, user=by.id, wait=wait)

        if sale.deed.startswith("mark failed"):
            self.attempt(
                lambda: purchases.mark_failed_by_operator(
                    self.here.db, purchase_id=sale.purchase_id, request_id="every-star"
                )
            )
        if sale.deed == "pay twice at once":
            with ThreadPoolExecutor(2) as both:
                list(both.map(lambda _: pay(), range(2)))
        outcome = pay(self.strangers[1] if sale.deed == "a stranger pays" else buyer)
        if sale.deed == "mark failed and pay again":
            self.link(buyer, sale.purchase_id)
        if sale.deed.endswith("again") or sale.deed == "a stranger pays":
            pay()
        if sale.deed.startswith("refund") and sale.deed != "refund elsewhere":
            for _ in range(2 if sale.deed == "refund twice" else 1):
                self.attempt(
                    lambda: refunds.refund_purchase(
                        self.here.db,
                        self.here.payments.telegram,
                        purchase_id=sale.purchase_id,
                        request_id="every-star",
                    )
                )
        if outcome["charge"] and sale.deed == "refund elsewhere":
            with suppress(requests.ConnectionError):  # a fault may strike this, too
                sim.call(
                    "refundStarPayment",
                    user_id=outcome["user"],
                    telegram_payment_charge_id=outcome["charge"],
                )
        if outcome["charge"] and sale.deed == "chargeback":
            sim.act("chargeback", charge=outcome["charge"])

    def link(self, buyer: Buyer, purchase_id: str) -> str | None:
        """The link of an invoice, asked for as a client would: until there is an answer."""
        for _ in range(60):
            try:
                answer = buyer.invoice(purchase_id, **SWORD)
            except requests.ConnectionError:  # its worker was killed
                continue
            if answer.status_code < 500:
                assert answer.status_code in (200, 201), answer.text
                return answer.json()["pay_url"]
            threading.Event().wait(0.1)
        raise AssertionError(f"no answer to {purchase_id}")

    @staticmethod
    def attempt(act: Any) -> None:
        """Do what may be refused just now."""
        with suppress(Refusal):
            act()

    def settle_down(self) -> None:
        """Let no more faults strike and all time pass; then reconcile until nothing is left to do."""
        self.shop.clear_faults()
        for _ in range(20):
            self.shop.sim.push(150, settle=20)
            if self.shop.sim.look("quiet")["pending_updates"] == 0:
                break
        for _ in range(10):
            report = self.shop.reconcile()
            self.shop.sim.push(150, settle=20)
            if report == NOTHING:
                return
        raise AssertionError(f"it never comes to rest: {report}")


@pytest.fixture
def run(mortal: Mortal, tmp_path: Path) -> Any:
    seed = int(os.environ.get("EVERY_STAR_SEED", random.randrange(2**32)))
    print(f"EVERY_STAR_SEED={seed}")
    with simulator() as sim:
        served = Served(WEB, environment(mortal.url, sim.address), ROOT, tmp_path / "log")
        shop = Shop(
            served.address,
            mortal.url,
            sim,
            live_app(mortal.url, sim.address, public_url=served.address),
        )
        try:
            items.import_items(shop.app.extensions["stars"].db, ITEMS)
            assert shop.run("telegram", "webhook", "set").exit_code == 0
            yield Run(shop, mortal, served, seed)
        finally:
            served.stop()
            shop.close()


def test_l13_a_seed_makes_one_plan() -> None:
    assert make_plan(7) == make_plan(7) != make_plan(8)
    sales, calamities = make_plan(7)
    assert len(sales) >= 300
    assert {kind for _, kind in calamities} == set(CALAMITIES)


def test_l13_every_star_is_accounted_for(run: Run) -> None:
    run.carry_out()
    run.shop.look_again()
    run.settle_down()

    shop, sim = run.shop, run.shop.sim
    assert shop.wrong() == []
    rows = shop.sql.execute(
        "SELECT purchase_id, user_id, status, price_stars FROM purchases"
    ).fetchall()
    assert len(rows) == PURCHASES
    assert sim.balance() == sum(price for _, _, ended, price in rows if ended == "succeeded")

    settled = (
        "SELECT telegram_payment_charge_id, purchase_id FROM charges WHERE verdict = 'settled'"
    )
    settling = dict(shop.sql.execute(settled))
    status = {purchase_id: (user_id, status) for purchase_id, user_id, status, _ in rows}
    back = Counter(line["charge"] for line in [*sim.journal("refund"), *sim.journal("chargeback")])
    for charge in (one for one in sim.look("checkouts") if one["charge"]):
        owner, ended = status[charge["payload"]]
        if settling.get(charge["charge"]) == charge["payload"] and ended == "succeeded":
            assert (charge["refunded"], back[charge["charge"]], charge["user"]) == (
                False,
                0,
                int(owner),
            ), charge
        else:
            assert (charge["refunded"], back[charge["charge"]]) == (True, 1), charge
    # The stranger's payments were never approved: what a link is worth is judged before anybody is charged.
    assert [line for line in sim.journal("payment") if line["user"] == run.strangers[1].id] == []
    spent = sum(STARS - stars for stars in (buyer["stars"] for buyer in sim.look("users")))
    print(
        {
            "charges": len(settling),
            "back": len(back),
            **Counter(status for _, status in status.values()),
            "spent": spent,
        }
    )
    assert len(back) > 30
    assert Counter(ended for _, ended in status.values())["succeeded"] > 100
