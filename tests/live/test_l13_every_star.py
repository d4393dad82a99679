"""L13: every Star is accounted for, whatever Telegram, the network and the machines do."""

import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from harness.constants import ROOT
from harness.live import ITEMS, Shop, environment, live_app
from harness.postgres import Mortal
from harness.servers import WEB, Served
from harness.simulator import simulator
from harness.star_plan import (
    CALAMITIES,
    PURCHASES,
    make_plan,
)
from harness.star_run import STARS, Run

from stars.domain import items


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
