"""S3: the bot's balance is what its list says, or the difference is told; what can be taken out."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from harness.live import Shop, open_shop
from harness.updates import message, new_id

from stars.domain.amounts import NANO, plain_stars, stars
from stars.live.balance import Balance, Movement

LIST_WITH = """
    UPDATE star_transactions SET
        amount = %(amount)s,
        nanostars = %(amount)s * 1000000000.0,
        body = body::jsonb || jsonb_build_object('amount', %(amount)s::int)
    WHERE position = 0
"""


@pytest.fixture(scope="module")
def bank(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop of this file's own, whose balance the tests know."""
    with open_shop(server, tmp_path_factory.mktemp("bank")) as shop:
        yield shop


def balance(shop: Shop, *words: str) -> dict[str, Any]:
    run = shop.run("telegram", "balance", "--json", *words)
    assert run.stdout, run.stderr
    return dict(json.loads(run.stdout))


@pytest.mark.parametrize("is_net", [True, False], ids=["net", "gross"])
def test_s3_all_that_moved_is_told_by_its_kind(server: str, tmp_path: Path, is_net: bool) -> None:
    with open_shop(server, tmp_path) as shop:
        shop.sim.act("settings", list_net=is_net)
        buyer, referred = shop.buyer(), shop.buyer()
        shop.sim.act("affiliate", user=referred.id, channel="N", commission_per_mille=125)
        for one in (buyer, buyer, referred, referred):
            one.pay(one.link(new_id()))
        charge = shop.sim.journal("payment", user=referred.id)[0]["charge"]
        shop.sim.act("chargeback", charge=charge)
        shop.sim.act("transfer", kind="paid_media", stars=7, nanostars=500_000_000)
        shop.sim.act("transfer", kind="gift", stars=15)
        shop.sim.act("withdraw", stars=30)

        found = balance(shop, "--by", "day")

        assert found["by_kind"] == {
            "sold": "200",
            "refunded": "-50",
            "commission": "-6.25",
            "gift": "-15",
            "paid_media": "7.5",
            "withdrawal": "-30",
        }
        assert found["told"] == found["listed"] == "106.25"
        assert (found["difference"], found["unexplained"]) == ("0", "0")
        assert found["held"] == "151.25"
        assert found["available"] == "0"
        (line,) = found["lines"]
        assert (line["sold"], line["other"], line["balance"]) == ("200", "-37.5", "106.25")
        assert shop.run("telegram", "balance").exit_code == 0


def test_s3_what_nothing_explains_is_told_and_exits_with_1(bank: Shop) -> None:
    shop = bank
    buyer = shop.buyer()
    buyer.pay(buyer.link(new_id()))
    balance(shop)
    shop.sql.execute(LIST_WITH, {"amount": 49})
    run = shop.run("telegram", "balance")
    assert run.exit_code == 1
    assert "unexplained" in run.stdout
    assert balance(shop)["unexplained"] == "1"
    shop.sql.execute(LIST_WITH, {"amount": 50})
    assert balance(shop)["unexplained"] == "0"


def test_s3_what_is_not_listed_yet_explains_a_difference(bank: Shop) -> None:
    shop = bank
    buyer = shop.buyer()
    purchase_id = new_id()
    buyer.link(purchase_id)
    shop.update(message(buyer.id, purchase_id, f"c{new_id()}"))  # told, and not listed
    found = balance(shop)
    assert found["unlisted_sold"] == "50"
    assert (found["difference"], found["unexplained"]) == ("0", "0")


def test_s3_the_lines_are_a_spreadsheet(bank: Shop) -> None:
    buyer = bank.buyer()
    buyer.pay(buyer.link(new_id()))
    run = bank.run("telegram", "balance", "--by", "month", "--csv")
    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    assert len(rows[0]["period"]) == len("2026-11")
    assert rows[-1]["balance"] == balance(bank)["listed"]
    assert bank.run("telegram", "balance", "--csv", "--json").exit_code == 2


def test_s3_what_an_earlier_release_has_kept_is_measured_alike(bank: Shop) -> None:
    shop = bank
    referred = shop.buyer()
    shop.sim.act("affiliate", user=referred.id, channel="N", commission_per_mille=125)
    referred.pay(referred.link(new_id()))
    shop.sim.act("transfer", kind="gift", stars=5, nanostars=1)
    before = balance(shop)["by_kind"]
    shop.sql.execute(
        "UPDATE star_transactions SET kind = NULL, nanostars = NULL, commission = NULL"
    )
    assert balance(shop)["by_kind"] == before
    shop.reconcile()
    left = "SELECT count(*) FROM star_transactions WHERE kind IS NULL OR nanostars IS NULL"
    assert shop.sql.execute(left).fetchone() == (0,)
    assert balance(shop)["by_kind"] == before


def moved(*movements: tuple[int, str, int]) -> Balance:
    """A balance by what moved it: how many days ago, of which kind, how many Stars."""
    today = date(2026, 11, 25)
    return Balance(
        movements=tuple(
            Movement(day=today - timedelta(days=ago), kind=kind, nanostars=count * NANO)
            for ago, kind, count in movements
        ),
        told=None,
        told_at=None,
        held=20 * NANO,
        unlisted_sold=0,
        unlisted_refunded=0,
    )


def test_s3_the_oldest_stars_go_out_first_and_expire_first() -> None:
    found = moved((1100, "sold", 100), (1000, "sold", 50), (10, "sold", 30), (5, "withdrawal", -60))
    today = date(2026, 11, 25)
    assert found.expiring(until=today) == 40 * NANO
    assert found.expiring(until=today + timedelta(days=94)) == 40 * NANO
    assert found.expiring(until=today + timedelta(days=365)) == 90 * NANO
    assert found.available == 100 * NANO


def test_s3_a_withdrawal_that_came_back_is_not_earned_anew() -> None:
    found = moved((1100, "sold", 100), (30, "withdrawal", -100), (29, "withdrawal", 100))
    assert found.expiring(until=date(2026, 11, 25)) == 100 * NANO


@pytest.mark.parametrize(
    ("nanostars", "words", "plain"),
    [
        (0, "0", "0"),
        (1234 * NANO, "1,234", "1234"),
        (-NANO // 2, "-0.5", "-0.5"),
        (43_750_000_000, "43.75", "43.75"),
        (-1, "-0.000000001", "-0.000000001"),
    ],
)
def test_amounts_are_told_to_the_last_part(nanostars: int, words: str, plain: str) -> None:
    assert (stars(nanostars), plain_stars(nanostars)) == (words, plain)
