"""G28: an armed outcome is for what has all of its match, and taken exactly so often."""

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from harness.constants import API, SWORD
from harness.outcomes import OUTCOMES, arm, armed, steered
from harness.people import Answer, Person, person, statuses
from harness.types import Logged, Sql
from harness.waiting import race, together


def buys(app: Flask, count: int) -> list[Callable[[], Answer]]:
    """So many first purchases, each with an id of its own."""
    return [
        lambda purchase_id=f"p{number}": person(app, "alice").purchase(purchase_id, **SWORD)
        for number in range(count)
    ]


def ends(answers: list[Answer]) -> Counter[str]:
    """How many ended in each status."""
    return Counter(answer.json["status"] for answer in answers)


def test_g28_what_is_armed_is_told(app: Flask, bob: Person) -> None:
    told = arm(bob, "failed", match={"user_id": "alice"})

    assert armed(app) == [told]
    assert told == {
        "outcome_id": told["outcome_id"],
        "match": {"user_id": "alice"},
        "outcome": "failed",
        "delay": 0,
        "times": 1,
        "taken": 0,
        "created_at": told["created_at"],
    }


def test_g28_fail_once_then_succeed_is_one_call(
    app: Flask, alice: Person, bob: Person, logged: Logged
) -> None:
    arm(bob, "failed", match={"user_id": "alice"})

    assert bob.purchase("p0", **SWORD).json["status"] == "succeeded"  # not meant for bob
    alice.invoice("p1")
    answers = [alice.purchase("p1") for _ in range(3)]
    assert [answer.json["status"] for answer in answers] == ["failed", "succeeded", "succeeded"]
    assert armed(app) == []
    assert [line["purchase_id"] for line in logged("mock_outcome_taken")] == ["p1"]


@pytest.mark.parametrize(
    ("match", "taken"),
    [
        ({}, True),
        ({"user_id": "alice"}, True),
        ({"item_id": "golden-sword"}, True),
        ({"purchase_id": "p1"}, True),
        ({"user_id": "alice", "item_id": "golden-sword", "purchase_id": "p1"}, True),
        ({"user_id": "bob"}, False),
        ({"item_id": "shield"}, False),
        ({"purchase_id": "p2"}, False),
        ({"user_id": "alice", "item_id": "shield"}, False),
    ],
)
@pytest.mark.parametrize("invoiced", [True, False])
def test_g28_an_outcome_is_for_what_has_all_of_its_match(
    alice: Person, match: dict[str, str], taken: bool, invoiced: bool
) -> None:
    arm(alice, "failed", match=match)
    if invoiced:
        alice.invoice("p1")
    answer = alice.purchase("p1", **SWORD)

    assert answer.json["status"] == ("failed" if taken else "succeeded")


def test_g28_the_header_wins_and_takes_nothing(app: Flask, alice: Person) -> None:
    arm(alice, "failed")

    assert steered(alice, "p1", "paid", **SWORD).json["status"] == "succeeded"
    assert [outcome["taken"] for outcome in armed(app)] == [0]


def test_g28_what_changes_nothing_takes_nothing(app: Flask, alice: Person, bob: Person) -> None:
    alice.purchase("p1", **SWORD)
    arm(alice, "failed")

    assert alice.purchase("p1").json["status"] == "succeeded"
    assert bob.purchase("p1").status_code == 409
    assert alice.purchase("p2").status_code == 422
    assert [outcome["taken"] for outcome in armed(app)] == [0]
    assert alice.history("p1") == ["purchase_succeeded"]


def test_g28_the_first_armed_is_taken_first(app: Flask, alice: Person) -> None:
    _, pending, lost = (arm(alice, outcome) for outcome in ("failed", "pending", "lost"))

    assert alice.purchase("p1", **SWORD).json["status"] == "failed"
    assert armed(app) == [pending, lost]


def test_g28_one_can_be_cleared(app: Flask, alice: Person) -> None:
    failed, pending = (arm(alice, outcome) for outcome in ("failed", "pending"))
    client = app.test_client()
    address = f"{OUTCOMES}/{failed['outcome_id']}"

    assert client.delete(address).status_code == 204
    assert client.delete(address).json["error"] == "not_found"
    assert armed(app) == [pending]


def test_g28_all_can_be_cleared(app: Flask, alice: Person) -> None:
    arm(alice, "failed")
    arm(alice, "pending")

    assert app.test_client().delete(OUTCOMES).status_code == 204
    assert armed(app) == []
    assert alice.purchase("p1", **SWORD).json["status"] == "succeeded"


def test_g28_an_armed_delay_is_waited(alice: Person) -> None:
    arm(alice, "paid", delay=0.3)
    begun = time.monotonic()
    alice.purchase("p1", **SWORD)

    assert time.monotonic() - begun >= 0.3


def test_g28_a_delay_in_the_header_is_waited_instead(app: Flask, alice: Person) -> None:
    arm(alice, "paid", delay=10)
    begun = time.monotonic()
    answer = alice.post(API, {"purchase_id": "p1", **SWORD}, **{"X-Mock-Delay": "0"})

    assert answer.status_code == 200
    assert time.monotonic() - begun < 10
    assert armed(app) == []


def test_g28_thirty_at_once_take_seven_exactly_seven_times(
    app: Flask, alice: Person, url: str
) -> None:
    arm(alice, "failed", times=7)
    answers = race(url, "SELECT FROM mock_outcomes FOR UPDATE", *buys(app, 30))

    assert statuses(answers) == [200] * 30
    assert ends(answers) == {"failed": 7, "succeeded": 23}
    assert armed(app) == []


def test_g28_who_loses_the_last_of_one_takes_the_next(app: Flask, alice: Person, sql: Sql) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    times = [chance.randint(1, 5) for _ in range(4)]
    for n in times:
        arm(alice, "failed", times=n)

    answers = together(*buys(app, sum(times) + 5))
    assert ends(answers) == {"failed": sum(times), "succeeded": 5}
    taken = sql.execute("SELECT taken FROM mock_outcomes ORDER BY outcome_id").fetchall()
    assert [count for (count,) in taken] == times


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"match": {}, "outcome": "stolen"}, "outcome"),
        ({"match": {}}, "outcome"),
        ({"outcome": "paid"}, "match"),
        ({"match": [], "outcome": "paid"}, "match._schema"),
        ({"match": {"price": 1}, "outcome": "paid"}, "match.price"),
        ({"match": {"user_id": "a b"}, "outcome": "paid"}, "match.user_id"),
        ({"match": {}, "outcome": "paid", "times": 0}, "times"),
        ({"match": {}, "outcome": "paid", "times": True}, "times"),
        ({"match": {}, "outcome": "paid", "delay": 10.1}, "delay"),
        ({"match": {}, "outcome": "paid", "delay": "1"}, "delay"),
        ({"match": {}, "outcome": "paid", "x": 1}, "x"),
    ],
)
def test_g28_what_cannot_be_armed_is_refused(
    app: Flask, alice: Person, body: dict[str, Any], field: str
) -> None:
    refused = alice.post(OUTCOMES, body)

    assert refused.status_code == 422
    assert list(refused.json["errors"]) == [field]
    assert armed(app) == []


def test_g28_an_id_that_no_outcome_can_have_is_not_found(app: Flask) -> None:
    assert app.test_client().delete(f"{OUTCOMES}/99999999999999999999").status_code == 404
