"""N3: the example shop hands out once what was paid, or it goes back, whoever dies meanwhile."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.handing_out import (
    VICTIMS,
    Ending,
    Sell,
    Surroundings,
    carry_out,
    plan_deaths,
    settle,
)
from harness.node import install, without_node
from harness.postgres import Mortal
from harness.selling import mocked, rehearsed

SEED = 3
PURCHASES = 24
DEATHS = 4


def sell_all(around: Surroundings, sell: Sell) -> Ending:
    """Sell while each of the four is killed once, and wait until nothing is open."""
    carry_out(around, sell, PURCHASES, plan_deaths(SEED, PURCHASES, DEATHS))
    assert set(around.killed) == set(VICTIMS)
    return settle(around, PURCHASES)


@pytest.fixture
def packages(tmp_path: Path) -> Iterator[Path]:
    """A folder in which the example in Node finds what it needs."""
    (tmp_path / "package.json").write_text('{"dependencies": {"standardwebhooks": "1.0.0"}}')
    install(tmp_path)
    yield tmp_path
    shutil.rmtree(tmp_path / "node_modules")


def test_n3_a_seed_makes_one_plan() -> None:
    assert plan_deaths(1, 100, 8) == plan_deaths(1, 100, 8)
    assert plan_deaths(1, 100, 8) != plan_deaths(2, 100, 8)


@without_node
def test_n3_the_shop_in_node_hands_out_each_purchase_of_the_mock_once(
    mortal: Mortal, packages: Path
) -> None:
    with mocked(mortal, language="node", folder=packages) as (around, sell):
        ending = sell_all(around, sell)

    assert len(ending.handed_out) == PURCHASES
    assert ending.fulfilled == ending.handed_out


def test_n3_the_shop_in_python_hands_out_or_the_stars_of_a_rehearsal_go_back(
    mortal: Mortal, tmp_path: Path
) -> None:
    with rehearsed(mortal, language="python", folder=tmp_path) as (around, sell):
        ending = sell_all(around, sell)

    assert ending.fulfilled == ending.handed_out
    assert ending.handed_out.isdisjoint(ending.given_back)
