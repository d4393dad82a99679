"""Where a story is played in the mock: the buyer presses what the payment sheet has."""

import secrets
from collections.abc import Callable

from stars.commands.stories.buyers import API, Buyer, Sold
from stars.commands.stories.calls import Calls


class MockStage:
    """A running mock. It refunds nothing: no Star was ever paid."""

    name = "The mock"

    def __init__(self, service: Calls) -> None:
        self._service = service
        identity = {"X-User-Id": f"trigger-{secrets.token_hex(3)}"}
        self.buyer = Buyer(service, identity)
        self.acts: dict[str, Callable[[Sold], object]] = {
            "invoice": self.buyer.ask_for_invoice,
            "pay": lambda _: self._end("paid"),
            "fail": lambda _: self._end("failed"),
            "renew": lambda _: self._play("renew"),
            "fail renewal": lambda _: self._play("fail"),
            "cancel": lambda _: self._play("cancel"),
            "resume": lambda _: self._play("resume"),
            "expire": lambda _: self._play("expire"),
        }

    def _end(self, outcome: str) -> None:
        """Let the payment end so."""
        headers = {**self.buyer.identity, "X-Mock-Outcome": outcome}
        self._service.post(API, {"purchase_id": self.buyer.purchase_id}, headers)

    def _play(self, act: str) -> None:
        """Do to the subscription what Telegram, its user or the time does."""
        self._service.post(f"/api/v1/mock/subscriptions/{self.buyer.purchase_id}/{act}")
