"""A buyer of a story, who calls the service as a front end does."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from stars.commands.stories.calls import Calls, wait_for
from stars.mock import demo

API = "/api/v1/purchase"


@dataclass(frozen=True)
class Sold:
    """What a story sells."""

    item_id: str
    price_stars: int
    is_subscription: bool


class Buyer:
    """Somebody whom `identity`, a header, names to the service."""

    def __init__(self, service: Calls, identity: Mapping[str, str]) -> None:
        self.service = service
        self.identity = identity
        self.purchase_id = f"trigger-{secrets.token_hex(6)}"

    def ask_for_invoice(self, sold: Sold) -> str:
        """Return where to pay for it."""
        order = {
            "purchase_id": self.purchase_id,
            "item_id": sold.item_id,
            "price_stars": sold.price_stars,
            "source": "trigger",
        }
        return str(self.service.post(f"{API}/invoice", order, self.identity)["pay_url"])

    def events(self) -> list[dict[str, Any]]:
        """Return what has happened to the purchase, oldest first."""
        answer = self.service.get(f"{API}/{self.purchase_id}/events", self.identity)
        return list(answer.json())

    def wait_for(self, event_type: str) -> None:
        """Wait until this has happened. Raises ClickException if it does not."""
        wait_for(lambda: self._has(event_type), event_type)

    def _has(self, event_type: str) -> bool:
        return any(event["event_type"] == event_type for event in self.events())


def choose(service: Calls, item_id: str | None, *, subscription: bool) -> Sold:
    """Return what a story sells: `item_id`, or the first that is of its kind.

    A mock without a catalogue sells anything, and what begins with monthly- as a subscription.
    Raises ClickException where nothing fits.
    """
    items = service.get("/api/v1/items").json()["items"]
    if not items:
        return without_catalogue(item_id, subscription=subscription)
    for item in items:
        is_subscription = item["subscription_period"] is not None
        if item_id in (None, item["item_id"]) and is_subscription == subscription:
            return Sold(item["item_id"], item["price_stars"], is_subscription)
    kind = "subscription" if subscription else "item that is paid once"
    raise click.ClickException(f"The catalogue has no such {kind}: flask items import adds one.")


def without_catalogue(item_id: str | None, *, subscription: bool) -> Sold:
    """Return what a mock without a catalogue sells: an item of the demo, or `item_id` as one."""
    item = next(one for one in demo.ITEMS if (one.subscription_period is not None) == subscription)
    return Sold(item_id or item.item_id, item.price_stars, subscription)
