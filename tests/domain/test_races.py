"""G7-G9: each purchase happens once, however many ask at the same moment."""

import random
from collections.abc import Callable

import pytest
from flask import Flask
from harness.constants import SWORD
from harness.people import Person, person, statuses
from harness.races import INSERT_P1, LOCK_P1, bodies, mark_failed
from harness.types import Sql
from harness.waiting import race, together


def test_g7_fifty_first_invoices_at_once_are_one_purchase(
    app: Flask, alice: Person, url: str
) -> None:
    answers = race(url, INSERT_P1, *[lambda: person(app, "alice").invoice("p1")] * 50)

    assert statuses(answers) == [200] * 49 + [201]
    assert bodies(answers) == [answers[0].json] * 50
    assert [answer.replayed for answer in answers].count(False) == 1
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g7_fifty_first_purchases_at_once_are_one_purchase(
    app: Flask, alice: Person, url: str
) -> None:
    answers = race(url, INSERT_P1, *[lambda: person(app, "alice").purchase("p1", **SWORD)] * 50)

    assert statuses(answers) == [200] * 50
    assert bodies(answers) == [answers[0].json] * 50
    assert [answer.replayed for answer in answers].count(False) == 1
    assert alice.history("p1") == ["purchase_succeeded"]


def test_g7_fifty_completions_of_one_invoice_are_one_success(
    app: Flask, alice: Person, url: str
) -> None:
    alice.invoice("p1")
    answers = race(url, LOCK_P1, *[lambda: person(app, "alice").purchase("p1")] * 50)

    assert statuses(answers) == [200] * 50
    assert bodies(answers) == [answers[0].json] * 50
    assert alice.history("p1") == ["purchase_invoice_created", "purchase_succeeded"]


@pytest.mark.parametrize("purchase_id", ["p1", "p2"])
def test_g8_any_mix_at_once_leads_where_its_history_leads(
    app: Flask, alice: Person, sql: Sql, purchase_id: str
) -> None:
    def invoice() -> int:
        return person(app, "alice").invoice(purchase_id).status_code

    def purchase() -> int:
        return person(app, "alice").purchase(purchase_id, **SWORD).status_code

    def fail() -> str:
        return mark_failed(app, purchase_id)

    seed = random.randrange(2**32)
    print(f"seed {seed}")
    acts: list[Callable[[], int | str]] = [invoice, purchase, fail]
    results = together(*random.Random(seed).choices(acts, k=50))

    assert set(results) <= {200, 201, "marked", "unknown"}
    status = sql.execute("SELECT status FROM purchases WHERE purchase_id = %s", [purchase_id])
    assert status.fetchone() == (where_it_leads(alice.history(purchase_id)),)


def where_it_leads(history: list[str]) -> str | None:
    """The status after the last event; None if there is no event."""
    if not history:
        return None
    ends = {"purchase_succeeded": "succeeded", "purchase_failed": "failed"}
    return ends.get(history[-1], "pending")


@pytest.mark.parametrize("call", [Person.invoice, Person.purchase])
def test_g9_two_users_racing_for_an_id_get_one_owner(
    app: Flask, url: str, call: Callable[..., object]
) -> None:
    racers = [person(app, name) for name in ("alice", "bob")] * 10
    acts = [lambda racer=racer: call(racer, "p1", **SWORD) for racer in racers]
    answers = race(url, INSERT_P1, *acts)

    assert set(statuses(answers)) <= {200, 201, 409}
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for racer, answer in zip(racers, answers, strict=True):
        won = answer.status_code < 300
        names[won].add(racer.name)
    assert len(names[True]) == 1
    assert names[False] == {"alice", "bob"} - names[True]
