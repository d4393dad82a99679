"""Carries a plan of a year out: Telegram's clock is pushed, and deaths strike meanwhile."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import requests

from harness.live import Shop
from harness.postgres import Mortal
from harness.servers import Served
from harness.waiting import eventually
from harness.year_plan import PRICE, Member, YearPlan
from stars.domain import api_keys
from stars.errors import Refusal
from stars.live import cancellations
from stars.live.telegram import TelegramError
from stars.work.tasks import tend_subscriptions

DAY = 86_400
MONTH = 30 * DAY
STEP = 6 * DAY
"""After a week without updates Telegram's numbers begin anew, but no update is a week late."""

MARGIN = 10 * DAY
"""From the last renewal to the end, so that no period ends just when it is looked at."""

SUBSCRIPTIONS = "/api/v1/subscriptions"
PASS = {"item_id": "pass", "price_stars": PRICE, "purchase_type": "unknown"}
LEFT = """
    SELECT (SELECT count(*) FROM refunds WHERE done_at IS NULL)
        + (SELECT count(*) FROM subscription_edits WHERE done_at IS NULL)
        + (SELECT count(*) FROM telegram_updates WHERE handled_at IS NULL)
"""
ALL_DUE = """
    UPDATE subscription_edits SET due_at = clock_timestamp(), lease_until = NULL
    WHERE done_at IS NULL
"""


class YearRun:
    """One plan, carried out."""

    def __init__(self, shop: Shop, mortal: Mortal, served: Served, plan: YearPlan) -> None:
        self.shop = shop
        self.sim = shop.sim
        self.mortal = mortal
        self.served = served
        self.plan = plan
        self.here = shop.app.extensions["stars"]
        key = api_keys.create(self.here.db, name="year", mode="live", scopes=["write", "refund"])
        self.key = {"Authorization": f"Bearer {key}"}
        self.users: dict[str, int] = {}
        self.somebody = self.sim.user(0)

    def carry_out(self) -> None:
        """Month by month: some begin, each does what the plan says, and then it is renewed."""
        for month, calamity in enumerate(self.plan.calamities):
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda member, now=month: self.live(member, now), self.plan.members))
            striking = threading.Thread(target=CALAMITIES[calamity], args=[self])
            striking.start()
            self.pass_time(MONTH)
            striking.join()
        self.sim.act("clock", advance=MARGIN - STEP, settle=0.2)
        self.pass_time(STEP)

    def pass_time(self, seconds: int) -> None:
        """Push Telegram's clock, in steps after which there is always something to tell."""
        for _ in range(seconds // STEP):
            self.sim.act("clock", advance=STEP, settle=0.2)
            self.sim.act("message", user=self.somebody, text="hello")

    def live(self, member: Member, month: int) -> None:
        """Let a member begin, or do the deed of this month."""
        if month == member.begins:
            self.begin(member)
        elif month > member.begins:
            DEEDS[member.deeds[month]](self, member)

    def begin(self, member: Member) -> None:
        """Arm what strikes them, and pay the first month."""
        user = self.sim.user(PRICE * member.months)
        self.users[member.purchase_id] = user
        if member.is_referred:
            self.sim.act("affiliate", user=user, commission_per_mille=100)
        for fault in member.faults:
            match = dict(fault["match"])
            if "method" in match:
                match["user"] = user
            self.sim.fault(**fault | {"match": match})
        self.pay(member)

    def pay(self, member: Member) -> None:
        """Pay the link of the pass, once there is one."""
        links: list[str] = []

        def ask() -> bool:
            invoice = {"purchase_id": member.purchase_id, **PASS}
            answer = self.post("/api/v1/purchase/invoice", invoice, member)
            if answer is not None and answer.status_code < 400:
                links.append(answer.json()["pay_url"])
            return bool(links)

        eventually(ask)
        if links[0]:
            self.sim.act("pay", link=links[0], user=self.users[member.purchase_id], wait=1)

    def post(
        self, path: str, body: Any = None, member: Member | None = None
    ) -> requests.Response | None:
        """Ask the service, in a member's name; None if nobody answered."""
        headers = dict(self.key)
        if member is not None:
            headers["X-User-Id"] = str(self.users[member.purchase_id])
        with suppress(requests.ConnectionError):
            address = f"{self.shop.address}{path}"
            return requests.post(address, json=body, headers=headers, timeout=60)
        return None

    def subscriptions(self, member: Member) -> list[dict[str, Any]]:
        """What Telegram has of a member's subscriptions, oldest first."""
        found = self.sim.look("subscriptions")
        return [one for one in found if one["payload"] == member.purchase_id]

    def charges(self, member: Member) -> list[dict[str, Any]]:
        """What Telegram took from a member and did not give back, oldest first."""
        found = self.sim.look("checkouts")
        return [
            one
            for one in found
            if one["payload"] == member.purchase_id and one["charge"] and not one["refunded"]
        ]

    def do_nothing(self, member: Member) -> None:
        """Let the time pass."""

    def cancel(self, member: Member) -> None:
        """Cancel in Telegram."""
        for one in self.subscriptions(member):
            self.sim.act("unsubscribe", subscription=one["subscription"])

    def cancel_and_go_on(self, member: Member) -> None:
        """Cancel in Telegram, and think better of it."""
        self.cancel(member)
        self.go_on(member)

    def go_on(self, member: Member) -> None:
        for one in self.subscriptions(member):
            self.sim.act("resubscribe", subscription=one["subscription"])

    def let_the_shop_cancel(self, member: Member) -> None:
        self.post(f"{SUBSCRIPTIONS}/{member.purchase_id}/cancel")

    def let_the_shop_cancel_and_allow(self, member: Member) -> None:
        self.let_the_shop_cancel(member)
        self.post(f"{SUBSCRIPTIONS}/{member.purchase_id}/allow")
        self.go_on(member)

    def refund(self, member: Member) -> None:
        """Have the last payment back from the shop."""
        for charge in self.charges(member)[-1:]:
            body = {"telegram_payment_charge_id": charge["charge"]}
            self.post(f"{SUBSCRIPTIONS}/{member.purchase_id}/refund", body)

    def charge_back(self, member: Member) -> None:
        """Have the last payment back from the bank."""
        for charge in self.charges(member)[-1:]:
            self.sim.act("chargeback", charge=charge["charge"])

    def kill_a_worker(self) -> None:
        for worker in self.served.workers()[:1]:
            worker.kill()

    def restart_postgresql(self) -> None:
        self.mortal.kill()
        self.mortal.start()

    def reconcile(self) -> None:
        with suppress(Refusal):
            self.here.payments.reconcile(request_id="a-year")

    def settle_down(self) -> None:
        """Let no more faults strike, and do what is left until nothing is."""
        self.shop.look_again()
        self.shop.clear_faults()
        eventually(self.is_told)
        eventually(self.is_done)
        self.shop.sql.execute("UPDATE periodic_tasks SET next_at = clock_timestamp()")
        tend_subscriptions(self.here)

    def is_told(self) -> bool:
        """Let Telegram tell what it has to tell; True if that is all."""
        self.sim.push(150, settle=5)
        return bool(self.sim.look("quiet")["pending_updates"] == 0)

    def is_done(self) -> bool:
        """Do what is left; True if nothing was."""
        self.shop.sql.execute(ALL_DUE)
        report = self.shop.reconcile()
        with suppress(TelegramError):
            cancellations.send_due(self.here.db, self.here.payments.telegram)
        self.sim.quiet()
        left = self.shop.sql.execute(LEFT).fetchone()
        found = sum(report[name] for name in ("settled", "renewed", "refused"))
        return left == (0,) and found == 0 and report["refunded_elsewhere"] == 0


CALAMITIES: dict[str, Callable[[YearRun], None]] = {
    "kill a worker": YearRun.kill_a_worker,
    "kill PostgreSQL": YearRun.restart_postgresql,
    "reconcile": YearRun.reconcile,
    "nothing": lambda _run: time.sleep(0),
}
DEEDS: dict[str, Callable[[YearRun, Member], None]] = {
    "nothing": YearRun.do_nothing,
    "cancel": YearRun.cancel,
    "cancel and go on": YearRun.cancel_and_go_on,
    "shop cancels": YearRun.let_the_shop_cancel,
    "shop cancels and allows": YearRun.let_the_shop_cancel_and_allow,
    "refund": YearRun.refund,
    "charge back": YearRun.charge_back,
    "pay the link again": YearRun.pay,
}
