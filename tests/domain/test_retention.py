"""Retention: who is there follows from the dates, and cohorts from the months of the beginning."""

import json

from flask import Flask
from harness.counting import FUNNEL
from harness.people import Person
from harness.types import Command, Sql

PASS = {"item_id": "monthly-pass", "price_stars": 100}
BEGIN_EARLIER = """
    UPDATE subscriptions SET
        started_at = started_at - make_interval(days => %(days)s),
        ends_at = ends_at - make_interval(days => %(days)s)
    WHERE purchase_id = %(id)s
"""
BEGIN_ANEW = """
    UPDATE subscriptions SET
        started_at = started_at + make_interval(days => %(days)s),
        ends_at = ends_at + make_interval(days => %(days)s)
    WHERE purchase_id = %(id)s
"""


def play(person: Person, purchase_id: str, act: str) -> None:
    person.post(f"/api/v1/mock/subscriptions/{purchase_id}/{act}", None)


def test_the_funnel_tells_of_subscriptions(
    alice: Person, app: Flask, sql: Sql, command: Command
) -> None:
    for purchase_id in ("stays", "leaves", "new", "over"):
        alice.purchase(purchase_id, **PASS)
    play(alice, "stays", "renew")
    play(alice, "new", "cancel")
    play(alice, "over", "expire")
    for purchase_id in ("stays", "leaves"):
        sql.execute(BEGIN_EARLIER, {"days": 35, "id": purchase_id})

    told = app.test_client().get(FUNNEL).json["subscriptions"]
    printed = command("funnel", "--json").stdout
    page = app.test_client().get("/console/funnel").text
    for purchase_id in ("stays", "leaves"):
        sql.execute(BEGIN_ANEW, {"days": 35, "id": purchase_id})

    figures = {name: told[name] for name in ("active", "begun", "renewed", "canceled", "lost")}
    assert figures == {"active": 2, "begun": 2, "renewed": 1, "canceled": 1, "lost": 2}
    began = [cohort["periods"] for cohort in told["cohorts"]]
    assert {"number": 2, "possible": 2, "there": 1} in began[0]
    assert sum(periods[0]["possible"] for periods in began) == 4
    assert json.loads(printed)["subscriptions"]["cohorts"] == told["cohorts"]
    assert "<dt>Active</dt><dd>2</dd>" in page
    assert '<td class="number">1 of 2</td>' in page


def test_without_subscriptions_nothing_is_said_of_them(
    alice: Person, app: Flask, command: Command
) -> None:
    alice.purchase("p1", item_id="golden-sword", price_stars=50)

    assert "Subscriptions" not in command("funnel").stdout
    assert "Subscriptions" not in app.test_client().get("/console/funnel").text
