"""Carries a plan of L13 out: several clients at once, and what strikes between them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import requests

from harness.constants import SWORD
from harness.live import Buyer, Shop
from harness.postgres import Mortal
from harness.reconciling import NOTHING
from harness.servers import Served
from harness.star_plan import Sale, make_plan
from stars.domain import purchases
from stars.errors import Refusal
from stars.live import reconcile, refunds

STARS = 1000


CLIENTS = 4


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
