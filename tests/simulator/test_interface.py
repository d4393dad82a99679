"""What tests use under /sim/: the journal, launch data, refusals, and many buyers at once."""

import json
import time
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from harness.simulator import TOKEN, Hook, Sim, simulator, webhook
from harness.waiting import together
from init_data_py import validate_by_hash

from stars.simulator.settings import Settings


def test_the_journal_tells_everything_in_order_and_no_token(shop: Sim) -> None:
    user = shop.user()
    charge = shop.pay(shop.link(), user)["charge"]
    shop.ask("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    shop.quiet()
    lines = shop.look("journal")
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    told = [line["what"] for line in lines]
    assert told[:4] == ["bot", "request", "user", "request"]
    for what in ("checkout", "update", "delivery", "payment", "refund"):
        assert what in told
    assert TOKEN not in json.dumps(lines)
    assert shop.look("journal", after=len(lines) - 1) == lines[-1:]
    assert shop.look("journal", what="payment", user=user)[0]["charge"] == charge


def test_launch_data_is_signed_for_the_bot(sim: Sim) -> None:
    sim.ask("getMe")
    user = sim.user(first_name="Алиса & Co", language_code="ru")
    launch = sim.act("launch", user=user, start_param="order-1")["init_data"]
    data = validate_by_hash(launch, TOKEN)
    assert data.user is not None
    assert (data.user.id, data.user.first_name, data.user.language_code) == (
        user,
        "Алиса & Co",
        "ru",
    )
    assert dict(parse_qsl(launch))["start_param"] == "order-1"
    assert data.signature
    sim.push(86_400)
    assert (
        abs(
            validate_by_hash(sim.act("launch", user=user)["init_data"], TOKEN).auth_date
            - time.time()
        )
        < 60
    )
    assert (
        validate_by_hash(
            sim.act("launch", user=user, auth_date=5)["init_data"], TOKEN, expires_in=None
        ).auth_date
        == 5
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users", {"stars": "many"}),
        ("users", {"id": 2**52}),
        ("users", []),
        ("pay", {}),
        ("pay", {"user": True}),
        ("clock", {}),
        ("clock", {"advance": -1}),
        ("withdraw", {}),
        ("chargeback", {}),
        ("launch", {"user": 99}),
    ],
)
def test_what_makes_no_sense_is_refused(sim: Sim, path: str, body: Any) -> None:
    answer = requests.post(f"{sim.address}/sim/{path}", json=body, timeout=10)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]


def test_the_same_seed_gives_the_same_ids() -> None:
    found = []
    for _ in range(2):
        with simulator(Settings(seed=7)) as sim, webhook() as hook:
            sim.hook(hook)
            link, charge = sim.link(), sim.pay(sim.link(), sim.user())["charge"]
            found.append((link.rpartition("$")[2], charge, hook.came[0]["update_id"]))
    assert found[0] == found[1]


def test_many_buyers_at_once_leave_every_star_accounted_for(shop: Sim, hook: Hook) -> None:
    link = shop.link()
    users = [shop.user() for _ in range(20)]
    outcomes = together(
        *[
            lambda user=user: requests.post(
                f"{shop.address}/sim/pay", json={"link": link, "user": user}, timeout=30
            ).json()
            for user in users
        ]
    )
    shop.quiet()
    assert {outcome["status"] for outcome in outcomes} == {"paid"}
    assert shop.balance() == 20 * 50
    assert sum(one["stars"] for one in shop.look("users")) == 20 * 950
    assert len(hook.came) == 40
