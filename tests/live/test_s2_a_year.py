"""S1, S2: a year of subscriptions, whatever Telegram, the network and the machines do.

What happens is a plan made from a seed, which is printed; YEAR_SEED=<it> makes the same plan again.
The suite carries a small one out. The whole one, with every fault and death:

    YEAR_MEMBERS=300 YEAR_MONTHS=12 pytest -n 0 tests/live/test_s2_a_year.py
"""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from harness.constants import ROOT
from harness.live import ITEMS, Shop, environment, live_app
from harness.postgres import Mortal
from harness.servers import WEB, Served
from harness.simulator import STERN, simulator
from harness.year_plan import PRICE, make_year
from harness.year_run import MARGIN, MONTH, YearRun

from stars.domain import items

MEMBERS = int(os.environ.get("YEAR_MEMBERS", "10"))
MONTHS = int(os.environ.get("YEAR_MONTHS", "3"))
CHARGES = """
    SELECT telegram_payment_charge_id, verdict IN ('settled', 'renewed'), refunded_at IS NOT NULL
    FROM charges
"""
SUBSCRIPTIONS = """
    SELECT purchase_id, subscription_state(its), extract(epoch FROM ends_at)::float8
    FROM subscriptions AS its
"""
CANCELED_BY_US = """
    SELECT DISTINCT purchase_id FROM events
    WHERE event_type = 'subscription_canceled' AND payload ->> 'by' <> 'telegram'
"""
NOT_WRITTEN_DOWN = """
    SELECT count(*) FROM subscriptions
    WHERE expired_at IS NULL AND ends_at < clock_timestamp() - interval '1 hour'
"""


@pytest.fixture
def run(mortal: Mortal, tmp_path: Path) -> Iterator[YearRun]:
    """A plan that is ready to be carried out, in a year that ends today."""
    seed = int(os.environ.get("YEAR_SEED", random.randrange(2**32)))
    print(f"YEAR_SEED={seed}")
    plan = make_year(seed, members=MEMBERS, months=MONTHS)
    with simulator(replace(STERN, begins_ago=float(MONTHS * MONTH + MARGIN))) as sim:
        log = tmp_path / "log"
        served = Served(WEB, environment(mortal.url, sim.address), ROOT, log)
        app = live_app(mortal.url, sim.address, public_url=served.address)
        shop = Shop(served.address, mortal.url, sim, app, log)
        try:
            items.import_items(app.extensions["stars"].db, ITEMS)
            assert shop.run("telegram", "webhook", "set").exit_code == 0
            yield YearRun(shop, mortal, served, plan)
        finally:
            served.stop()
            shop.close()


def test_a_seed_makes_one_year() -> None:
    year = make_year(7, members=300, months=12)

    assert year == make_year(7, members=300, months=12)
    assert year != make_year(8, members=300, months=12)


def test_s1_s2_a_year_of_subscriptions_is_accounted_for(run: YearRun) -> None:
    run.carry_out()
    run.settle_down()

    assert run.shop.wrong() == []
    every_star_is_explained(run)
    no_renewal_was_refused(run)
    each_is_what_telegram_says(run)
    no_cancellation_is_ahead_of_telegram(run.shop)
    every_end_is_written_down(run.shop)


def every_star_is_explained(run: YearRun) -> None:
    """The bot has what was kept, less the affiliates' tenth; each charge is known, and once."""
    ours = {charge: (kept, back) for charge, kept, back in run.shop.sql.execute(CHARGES)}
    referred = {one.purchase_id for one in run.plan.members if one.is_referred}
    earned = 0
    for charge in charges(run):
        kept, back = ours.pop(charge["charge"])
        assert charge["refunded"] is back, charge
        assert kept or back, charge
        if not back:
            earned += PRICE - (PRICE // 10 if charge["payload"] in referred else 0)
    assert ours == {}
    assert run.sim.balance() == earned


def no_renewal_was_refused(run: YearRun) -> None:
    """Unless it had gone back before anybody knew of it."""
    asked = "SELECT telegram_payment_charge_id, verdict FROM charges"
    verdicts = dict(run.shop.sql.execute(asked).fetchall())
    for charge in charges(run):
        if charge["renewal"]:
            verdict = verdicts[charge["charge"]]
            assert verdict in ("settled", "renewed", "refunded_first"), charge


def each_is_what_telegram_says(run: YearRun) -> None:
    """Where nothing went back, a subscription ends when Telegram says, and is canceled if it is."""
    ours = {one[0]: one[1:] for one in run.shop.sql.execute(SUBSCRIPTIONS)}
    states = []
    for member in run.plan.members:
        theirs = run.subscriptions(member)
        if not theirs or any(one["refunded"] for one in charges(run, member.purchase_id)):
            continue
        state, ends_at = ours[member.purchase_id]
        states.append(state)
        assert abs(ends_at - max(one["expires_at"] for one in theirs)) < 3600, theirs
        assert state == expected_state(theirs), (member, theirs)
    print({state: states.count(state) for state in set(states)})


def expected_state(theirs: list[dict[str, Any]]) -> str:
    """What a subscription is by Telegram's own books."""
    if max(one["expires_at"] for one in theirs) <= time.time():
        return "expired"
    if any(one["state"] == "active" for one in theirs):
        return "active"
    return "canceled"


def no_cancellation_is_ahead_of_telegram(shop: Shop) -> None:
    """What counts as canceled through the bot, Telegram has done."""
    done = {line["payload"] for line in shop.sim.journal("subscription_edited")}
    ours = {purchase_id for (purchase_id,) in shop.sql.execute(CANCELED_BY_US)}
    assert ours <= done


def every_end_is_written_down(shop: Shop) -> None:
    assert shop.sql.execute(NOT_WRITTEN_DOWN).fetchone() == (0,)


def charges(run: YearRun, payload: str | None = None) -> list[dict[str, Any]]:
    """Every payment that Telegram took, or those of one purchase."""
    found = [one for one in run.sim.look("checkouts") if one["charge"]]
    return [one for one in found if payload in (None, one["payload"])]
