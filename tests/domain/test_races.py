"""G7-G9: each purchase happens once, however many ask at the same moment."""

import random
from typing import Any

import pytest
from harness.constants import SWORD
from harness.people import Person, person, statuses
from harness.races import INSERTING, LOCKING, bodies, mark_failed
from harness.types import Sql
from harness.waiting import race, together


@pytest.mark.parametrize("call", ["purchase", "invoice"])
def test_g7_fifty_first_requests_at_once_are_one_purchase(
    app: Any, alice: Person, url: str, call: str
) -> None:
    answers = race(
        url, INSERTING, *[lambda: getattr(person(app, "alice"), call)("p1", **SWORD)] * 50
    )

    assert statuses(answers) == ([200] * 50 if call == "purchase" else [200] * 49 + [201])
    assert bodies(answers) == [answers[0].json] * 50
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers].count(None) == 1
    assert len(alice.history("p1")) == 1


def test_g7_fifty_completions_of_one_invoice_are_one_success(
    app: Any, alice: Person, url: str
) -> None:
    alice.invoice("p1")
    answers = race(url, LOCKING, *[lambda: person(app, "alice").purchase("p1")] * 50)

    assert statuses(answers) == [200] * 50
    assert bodies(answers) == [answers[0].json] * 50
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_succeeded"]


def test_g8_any_mix_at_once_leads_where_its_history_leads(
    app: Any, alice: Person, sql: Sql
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for purchase_id in ("p1", "p2"):
        acts = [
            chance.choice(
                [
                    lambda: person(app, "alice").invoice(purchase_id).status_code,
                    lambda: person(app, "alice").purchase(purchase_id, **SWORD).status_code,
                    lambda: mark_failed(app, purchase_id),
                ]
            )
            for _ in range(50)
        ]
        assert set(together(*acts)) <= {200, 201, "marked", "unknown"}
        replayed = None
        leads_to = {"purchase_succeeded": "succeeded", "purchase_failed": "failed"}
        for event_type in alice.history(purchase_id):
            replayed = leads_to.get(event_type, "pending")
        assert sql.execute(
            "SELECT status FROM purchases WHERE purchase_id = %s", [purchase_id]
        ).fetchone() == (replayed,)


@pytest.mark.parametrize("call", ["purchase", "invoice"])
def test_g9_two_users_racing_for_an_id_get_one_owner(app: Any, url: str, call: str) -> None:
    racers = [person(app, name) for name in ("alice", "bob")] * 10
    answers = race(
        url, INSERTING, *(lambda one=one: getattr(one, call)("p1", **SWORD) for one in racers)
    )

    winners = {
        one.name for one, answer in zip(racers, answers, strict=True) if answer.status_code < 300
    }
    losers = {
        one.name for one, answer in zip(racers, answers, strict=True) if answer.status_code == 409
    }
    assert set(statuses(answers)) <= {200, 201, 409}
    assert (len(winners), len(losers)) == (1, 1)
    assert winners.isdisjoint(losers)
