"""Where a story is played in a rehearsal: the buyer pays what the simulator of Telegram shows."""

from collections.abc import Callable
from typing import Any

import click

from stars.commands.stories.buyers import Buyer, Sold
from stars.commands.stories.calls import Calls, wait_for

POCKET = 20_000  # Stars of the buyer: the dearest subscription costs 10 000, and is paid twice


class RehearsalStage:
    """A running rehearsal, and its simulator. `key` is a server key that may refund.

    A payment that fails in Telegram leaves the purchase pending: nothing fails in live mode.
    """

    name = "A rehearsal"

    def __init__(self, service: Calls, simulator: Calls, key: str | None) -> None:
        self._service = service
        self._simulator = simulator
        self._key = key
        self._user = simulator.post("/sim/users", {"first_name": "Trigger", "stars": POCKET})["id"]
        launch = simulator.post("/sim/launch", {"user": self._user})["init_data"]
        self._link = ""
        self.buyer = Buyer(service, {"Authorization": f"tma {launch}"})
        self.acts: dict[str, Callable[[Sold], object]] = {
            "invoice": self._ask_for_invoice,
            "pay": self._pay,
            "refund": self._refund,
            "renew": lambda _: self._act("renew"),
            "fail renewal": self._fail_renewal,
            "cancel": lambda _: self._act("unsubscribe"),
            "resume": lambda _: self._act("resubscribe"),
        }

    def _ask_for_invoice(self, sold: Sold) -> None:
        self._link = self.buyer.ask_for_invoice(sold)

    def _pay(self, sold: Sold) -> None:
        """Pay, and wait until the service has been told."""
        paid = self._simulator.post("/sim/pay", {"link": self._link, "user": self._user})
        if paid["status"] != "paid":
            raise click.ClickException(f"The payment is {paid['status']}: {paid.get('reason')}")
        started = "subscription_started" if sold.is_subscription else "purchase_succeeded"
        self.buyer.wait_for(started)

    def _refund(self, _: Sold) -> None:
        if self._key is None:
            raise click.UsageError("A refund needs --key: flask keys create NAME --scope refund.")
        path = f"/api/v1/purchases/{self.buyer.purchase_id}/refund"
        self._service.post(path, headers={"Authorization": f"Bearer {self._key}"})

    def _fail_renewal(self, _: Sold) -> None:
        self._simulator.post("/sim/users", {"id": self._user, "stars": 0})
        self._act("renew")

    def _act(self, act: str) -> None:
        """Do something to the subscription in Telegram."""
        subscription = wait_for(self._find_subscription, "a subscription in Telegram")
        self._simulator.post(f"/sim/{act}", {"subscription": subscription["subscription"]})

    def _find_subscription(self) -> dict[str, Any] | None:
        for one in self._simulator.get("/sim/subscriptions").json():
            if one["user"] == self._user:
                return dict(one)
        return None
