"""Carries a plan of L13 out: several clients at once, and what strikes between them."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import requests

from harness.constants import SWORD
from harness.live import Buyer, Shop
from harness.postgres import Mortal
from harness.reconciling import NOTHING
from harness.servers import Served
from harness.star_plan import Plan, Sale
from stars.domain import purchases
from stars.errors import Refusal
from stars.live import refunds

STARS = 1000
CLIENTS = 4
# A client gives up after this. PostgreSQL is away for some seconds, more on a busy machine.
CLIENT_PATIENCE = 120
# Seconds for which a buyer waits to hear that the payment is done; it may never be.
PAYMENT_WAIT = 0.6


class Run:
    """One plan, carried out."""

    def __init__(self, shop: Shop, mortal: Mortal, served: Served, plan: Plan) -> None:
        self.shop = shop
        self.mortal = mortal
        self.served = served
        self.plan = plan
        self.here = shop.app.extensions["stars"]
        self.done = 0
        self.counting = threading.Condition()
        self.over = threading.Event()
        self.wrong_payer = shop.buyer(STARS)
        self.stranger = shop.buyer(STARS)

    def carry_out(self) -> None:
        """All sales, by several clients at once, and the calamities between them.

        What one of them raises ends all others.
        """
        with ThreadPoolExecutor(CLIENTS + 1) as pool:
            parts: list[Future[None]] = [pool.submit(self.end_with, self.strike)]
            for sale in self.plan.sales:
                parts.append(pool.submit(self.end_with, self.sell, sale))
        for part in parts:
            part.result()

    def end_with(self, part: Callable[..., None], *args: Any) -> None:
        """Do a part of the run, unless another one has failed."""
        if self.over.is_set():
            return
        try:
            part(*args)
        except BaseException:
            self.over.set()
            raise

    def strike(self) -> None:
        """Let every calamity happen when its time has come."""
        calamities = {
            "kill a worker": self.kill_a_worker,
            "kill PostgreSQL": self.restart_postgresql,
            "reconcile": self.reconcile,
            "time passes": self.let_time_pass,
        }
        for calamity in self.plan.calamities:
            while self.done < calamity.after and not self.over.is_set():
                with self.counting:
                    self.counting.wait(1)
            calamities[calamity.kind]()

    def kill_a_worker(self) -> None:
        for worker in self.served.workers()[:1]:
            worker.kill()

    def restart_postgresql(self) -> None:
        self.mortal.kill()
        self.mortal.start()

    def reconcile(self) -> None:
        with suppress(Refusal):
            self.here.payments.reconcile(request_id="every-star")

    def let_time_pass(self) -> None:
        self.shop.sim.push(3, settle=0.1)

    def sell(self, sale: Sale) -> None:
        """Let somebody buy, and do what the plan says."""
        try:
            Deal(self, sale).carry_out()
        finally:
            with self.counting:
                self.done += 1
                self.counting.notify_all()

    def settle_down(self) -> None:
        """Let no more faults strike and all time pass; then reconcile until nothing is left."""
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


class Deal:
    """One sale, carried out by a buyer of its own."""

    def __init__(self, run: Run, sale: Sale) -> None:
        self.run = run
        self.sale = sale
        self.sim = run.shop.sim
        self.buyer = run.shop.buyer(STARS)
        self.link = ""

    def carry_out(self) -> None:
        """Arm the faults, ask for the invoice, and do the deed."""
        for fault in self.sale.faults:
            self.arm(fault)
        link = self.ask_for_link()
        if link:
            self.link = link
            DEEDS[self.sale.deed](self)

    def arm(self, fault: dict[str, Any]) -> None:
        match = dict(fault["match"])
        if match.get("user") == "buyer":
            match["user"] = self.buyer.id
        more: dict[str, Any] = {"match": match}
        if fault["kind"] == "wrong_payer":
            more["value"] = self.run.wrong_payer.id
        self.sim.fault(**fault | more)

    def ask_for_link(self) -> str | None:
        """The link of an invoice, asked for as a client would: until there is an answer.

        None if the purchase needs none any more.
        """
        until = time.monotonic() + CLIENT_PATIENCE
        while time.monotonic() < until and not self.run.over.is_set():
            try:
                answer = self.buyer.invoice(self.sale.purchase_id, **SWORD)
            except requests.ConnectionError:  # its worker was killed
                continue
            if answer.status_code < 500:
                assert answer.status_code in (200, 201), answer.text
                link: str | None = answer.json()["pay_url"]
                return link
            time.sleep(0.1)
        raise AssertionError(f"no answer to {self.sale.purchase_id}")

    def pay(self, by: Buyer | None = None) -> Any:
        """Pay in Telegram; the outcome, as far as it is known by then."""
        payer = by or self.buyer
        return self.sim.act("pay", link=self.link, user=payer.id, wait=PAYMENT_WAIT)

    def pay_again(self) -> None:
        self.pay()
        self.pay()

    def pay_twice_at_once(self) -> None:
        with ThreadPoolExecutor(2) as both:
            both.submit(self.pay)
            both.submit(self.pay)
        self.pay()

    def let_a_stranger_pay(self) -> None:
        self.pay(by=self.run.stranger)
        self.pay()

    def mark_failed(self) -> None:
        self.fail()
        self.pay()

    def mark_failed_and_pay_again(self) -> None:
        self.fail()
        self.pay()
        self.ask_for_link()
        self.pay()

    def fail(self) -> None:
        with suppress(Refusal):
            purchases.mark_failed_by_operator(
                self.run.here.db, purchase_id=self.sale.purchase_id, request_id="every-star"
            )

    def refund(self) -> None:
        self.pay()
        self.ask_for_refund()

    def refund_twice(self) -> None:
        self.pay()
        self.ask_for_refund()
        self.ask_for_refund()

    def ask_for_refund(self) -> None:
        with suppress(Refusal):
            refunds.refund_purchase(
                self.run.here.db,
                self.run.here.payments.telegram,
                purchase_id=self.sale.purchase_id,
                request_id="every-star",
            )

    def refund_elsewhere(self) -> None:
        """Refund with the bot's token, past the service."""
        outcome = self.pay()
        if outcome["charge"]:
            with suppress(requests.ConnectionError):  # a fault may strike this, too
                self.sim.call(
                    "refundStarPayment",
                    user_id=outcome["user"],
                    telegram_payment_charge_id=outcome["charge"],
                )

    def charge_back(self) -> None:
        """Pay, and have the Stars back from the bank."""
        outcome = self.pay()
        if outcome["charge"]:
            self.sim.act("chargeback", charge=outcome["charge"])

    def cancel(self) -> None:
        """Leave the invoice unpaid."""


DEEDS: dict[str, Callable[[Deal], Any]] = {
    "pay": Deal.pay,
    "cancel": Deal.cancel,
    "pay again": Deal.pay_again,
    "pay twice at once": Deal.pay_twice_at_once,
    "a stranger pays": Deal.let_a_stranger_pay,
    "refund": Deal.refund,
    "refund twice": Deal.refund_twice,
    "refund elsewhere": Deal.refund_elsewhere,
    "mark failed": Deal.mark_failed,
    "mark failed and pay again": Deal.mark_failed_and_pay_again,
    "chargeback": Deal.charge_back,
}
