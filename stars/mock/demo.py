"""What the demo shop sells: in the mock, and in a rehearsal of live mode."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoItem:
    """One thing to buy."""

    item_id: str
    purchase_type: str
    price_stars: int
    subscription_period: int | None = None


ITEMS = (
    DemoItem("golden-sword", "cosmetic", 50),
    DemoItem("dragon-skin", "cosmetic", 250),
    DemoItem("double-speed", "boost", 25),
    DemoItem("extra-life", "boost", 1),
    DemoItem("starter-pack", "stars_pack", 100),
    DemoItem("treasure", "stars_pack", 2500),
    # Without a catalogue the mock takes monthly-... for a subscription.
    DemoItem("monthly-pass", "unknown", 100, subscription_period=2_592_000),
)
