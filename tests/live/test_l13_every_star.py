"""L13: every Star is accounted for, whatever Telegram, the network and the machines do.

What happens is a plan made from a seed, which is printed; EVERY_STAR_SEED=<it> makes the same plan
again. It is carried out by several threads at once, so two runs of one plan differ in their
timing, and have to end alike.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.constants import ROOT
from harness.live import ITEMS, Shop, environment, live_app
from harness.postgres import Mortal
from harness.servers import WEB, Served
from harness.simulator import STERN, simulator
from harness.star_plan import CALAMITIES, PURCHASES, make_plan
from harness.star_run import STARS, Run

from stars.domain import items

SETTLED = """
    SELECT telegram_payment_charge_id, purchase_id FROM charges WHERE verdict = 'settled'
"""


@pytest.fixture
def run(mortal: Mortal, tmp_path: Path) -> Iterator[Run]:
    """A plan that is ready to be carried out, on a PostgreSQL that may die."""
    seed = int(os.environ.get("EVERY_STAR_SEED", random.randrange(2**32)))
    print(f"EVERY_STAR_SEED={seed}")
    with simulator(STERN) as sim:
        variables = environment(mortal.url, sim.address)
        served = Served(WEB, variables, ROOT, tmp_path / "log")
        app = live_app(mortal.url, sim.address, public_url=served.address)
        shop = Shop(served.address, mortal.url, sim, app, tmp_path / "log")
        try:
            items.import_items(app.extensions["stars"].db, ITEMS)
            assert shop.run("telegram", "webhook", "set").exit_code == 0
            yield Run(shop, mortal, served, make_plan(seed))
        finally:
            served.stop()
            shop.close()


def test_l13_a_seed_makes_one_plan() -> None:
    plan = make_plan(7)

    assert plan == make_plan(7)
    assert plan != make_plan(8)
    assert len(plan.sales) >= 300
    assert {calamity.kind for calamity in plan.calamities} == set(CALAMITIES)


def test_l13_every_star_is_accounted_for(run: Run) -> None:
    run.carry_out()
    run.shop.look_again()
    run.settle_down()

    assert run.shop.wrong() == []
    every_sale_is_there(run.shop)
    the_bot_has_what_was_sold(run.shop)
    each_charge_was_kept_or_went_back_once(run.shop)
    no_stranger_was_charged(run)
    much_happened(run.shop)


def every_sale_is_there(shop: Shop) -> None:
    assert shop.count("purchases") == PURCHASES


def the_bot_has_what_was_sold(shop: Shop) -> None:
    sold = "SELECT sum(price_stars) FROM purchases WHERE status = 'succeeded'"
    assert shop.sql.execute(sold).fetchone() == (shop.sim.balance(),)


def each_charge_was_kept_or_went_back_once(shop: Shop) -> None:
    """A charge is kept if it settled a purchase that succeeded, and only from its owner."""
    purchases = shop.sql.execute("SELECT purchase_id, status, user_id FROM purchases").fetchall()
    status = {purchase_id: status for purchase_id, status, _ in purchases}
    owner = {purchase_id: int(user_id) for purchase_id, _, user_id in purchases}
    settled = dict(shop.sql.execute(SETTLED).fetchall())
    back = came_back(shop)
    for charge in charges(shop):
        charge_id, purchase_id = charge["charge"], charge["payload"]
        kept = settled.get(charge_id) == purchase_id and status[purchase_id] == "succeeded"
        assert charge["refunded"] is not kept, charge
        assert back[charge_id] == (0 if kept else 1), charge
        if kept:
            assert charge["user"] == owner[purchase_id], charge


def charges(shop: Shop) -> list[dict[str, Any]]:
    """Every payment that Telegram took."""
    return [checkout for checkout in shop.sim.look("checkouts") if checkout["charge"]]


def came_back(shop: Shop) -> Counter[str]:
    """How often the Stars of each charge went back."""
    lines = shop.sim.journal("refund") + shop.sim.journal("chargeback")
    return Counter(line["charge"] for line in lines)


def no_stranger_was_charged(run: Run) -> None:
    """What a link is worth is judged before anybody is charged."""
    payments = run.shop.sim.journal("payment")
    assert [line for line in payments if line["user"] == run.stranger.id] == []
    assert run.stranger.stars() == STARS


def much_happened(shop: Shop) -> None:
    """Otherwise it would prove little."""
    ended = dict(shop.sql.execute("SELECT status, count(*) FROM purchases GROUP BY 1").fetchall())
    back = came_back(shop)
    print({**ended, "charges": len(charges(shop)), "back": len(back)})
    assert ended["succeeded"] > 100
    assert len(back) > 30
