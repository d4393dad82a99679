"""What a reconciliation reports when nothing is left to do, and what it has to add up to."""

from dataclasses import fields
from typing import Any

from harness.live import Shop
from harness.waiting import eventually
from stars.live import reconcile

NOTHING: dict[str, Any] = {
    **{field.name: 0 for field in fields(reconcile.Counts)},
    "unexplained": [],
    "health": [],
    "repaired": [],
    "telegram": None,
}


def kept(shop: Shop) -> int:
    """The Stars of all live purchases that succeeded, which the bot's balance has to equal."""
    total = """
        SELECT COALESCE(sum(price_stars), 0) FROM purchases
        WHERE mode = 'live' AND status = 'succeeded'
    """
    row = shop.sql.execute(total).fetchone()
    assert row is not None
    return int(row[0])


def reconcile_to_the_end(shop: Shop) -> None:
    """Until nothing is left to do: a run may take an update that the web is just handling."""
    shop.sim.quiet()
    shop.reconcile()
    shop.sim.quiet()
    eventually(lambda: shop.reconcile() == NOTHING)
