"""G28: an armed outcome is for what has all of its match, and taken exactly so often."""

import random
import time
from typing import Any

import pytest
from harness.constants import API, SWORD
from harness.outcomes import OUTCOMES, arm, armed, steered
from harness.people import Person, person, statuses
from harness.types import Logged, Sql
from harness.waiting import race, together


def test_g28_fail_once_then_succeed_is_one_call(
    app: Any, alice: Person, bob: Person, logged: Logged
) -> None:
    told = arm(bob, "failed", match={"user_id": "alice"})
    assert told | {"created_at": ""} == {
        "outcome_id": told["outcome_id"],
        "match": {"user_id": "alice"},
        "outcome": "failed",
        "delay": 0,
        "times": 1,
        "taken": 0,
        "created_at": "",
    }
    assert armed(app) == [told]

    assert bob.purchase("p0", **SWORD).json["status"] == "succeeded"  # not meant for bob
    alice.invoice("p1")
    assert [alice.purchase("p1").json["status"] for _ in range(3)] == [
        "failed",
        "succeeded",
        "succeeded",
    ]
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
    answer = alice.purchase("p1", **({} if invoiced else SWORD))
    assert answer.json["status"] == ("failed" if taken else "succeeded")


def test_g28_the_header_wins_and_takes_nothing(app: Any, alice: Person) -> None:
    arm(alice, "failed")
    assert steered(alice, "p1", "paid", **SWORD).json["status"] == "succeeded"
    assert [one["taken"] for one in armed(app)] == [0]


def test_g28_what_changes_nothing_takes_nothing(app: Any, alice: Person, bob: Person) -> None:
    alice.purchase("p1", **SWORD)
    arm(alice, "failed")
    assert alice.purchase("p1").json["status"] == "succeeded"
    assert bob.purchase("p1").status_code == 409
    assert alice.purchase("p2").status_code == 422
    assert [one["taken"] for one in armed(app)] == [0]
    assert alice.history("p1") == ["purchase_succeeded"]


def test_g28_the_first_armed_is_taken_first_and_one_or_all_can_be_cleared(
    app: Any, alice: Person
) -> None:
    failed, pending, lost = (
        arm(alice, outcome)["outcome_id"] for outcome in ("failed", "pending", "lost")
    )
    assert [one["outcome_id"] for one in armed(app)] == [failed, pending, lost]
    assert alice.purchase("p1", **SWORD).json["status"] == "failed"
    client = app.test_client()
    assert client.delete(f"{OUTCOMES}/{pending}").status_code == 204
    assert client.delete(f"{OUTCOMES}/{pending}").json["error"] == "not_found"
    assert [one["outcome_id"] for one in armed(app)] == [lost]
    assert client.delete(OUTCOMES).status_code == 204
    assert armed(app) == []
    assert alice.purchase("p1").json["status"] == "succeeded"


def test_g28_an_armed_delay_is_waited_unless_the_header_says_another(alice: Person) -> None:
    arm(alice, "paid", delay=0.3, times=2)
    begun = time.monotonic()
    alice.purchase("p1", **SWORD)
    assert time.monotonic() - begun >= 0.3
    arm(alice, "paid", delay=10)
    alice.post(
        API, {"purchase_id": "p2", **SWORD}, **{"X-Mock-Delay": "0"}
    )  # takes the second of the first
    begun = time.monotonic()
    alice.post(API, {"purchase_id": "p3", **SWORD}, **{"X-Mock-Delay": "0"})
    assert time.monotonic() - begun < 10


def test_g28_thirty_at_once_take_seven_exactly_seven_times(
    app: Any, alice: Person, url: str
) -> None:
    arm(alice, "failed", times=7)
    acts = [lambda name=f"p{n}": person(app, "alice").purchase(name, **SWORD) for n in range(30)]
    answers = race(url, "SELECT FROM mock_outcomes FOR UPDATE", *acts)

    assert statuses(answers) == [200] * 30
    assert (
        sorted(answer.json["status"] for answer in answers) == ["failed"] * 7 + ["succeeded"] * 23
    )
    assert armed(app) == []


def test_g28_who_loses_the_last_of_one_takes_the_next(app: Any, alice: Person, sql: Sql) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    times = [chance.randint(1, 5) for _ in range(4)]
    for n in times:
        arm(alice, "failed", times=n)
    many = sum(times) + 5
    acts = [lambda name=f"p{n}": person(app, "alice").purchase(name, **SWORD) for n in range(many)]
    answers = together(*acts)

    assert (
        sorted(answer.json["status"] for answer in answers)
        == ["failed"] * sum(times) + ["succeeded"] * 5
    )
    assert sql.execute("SELECT taken FROM mock_outcomes ORDER BY outcome_id").fetchall() == [
        (n,) for n in times
    ]


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
    app: Any, alice: Person, body: Any, field: str
) -> None:
    answer = alice.post(OUTCOMES, body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert armed(app) == []
    assert app.test_client().delete(f"{OUTCOMES}/99999999999999999999").status_code == 404
