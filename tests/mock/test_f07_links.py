"""F7: a link of the mock leads somewhere as long as its purchase can be paid."""

import re

import pytest
from flask import Flask
from harness.pages import link_of, press
from harness.people import Person, person
from harness.types import MakeApp, Sql


def test_f7_a_link_works_under_other_settings(make_app: MakeApp, alice: Person) -> None:
    link = link_of(alice, "p1")
    elsewhere = make_app(
        public_url="https://new.example",
        cors_origins=("https://shop.example",),
        telegram_bot_token="123456:" + "n" * 35,
    )

    assert press(elsewhere, link, "paid").status_code == 200
    assert alice.get("p1").json["status"] == "succeeded"


def test_f7_asking_again_gives_the_link_under_the_present_address(
    make_app: MakeApp, alice: Person
) -> None:
    old = link_of(alice, "p1")
    moved = person(make_app(public_url="https://new.example"), "alice")

    again = moved.invoice("p1")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json["pay_url"] == f"https://new.example{old}"
    assert moved.get("p1").json["pay_url"] == f"https://new.example{old}"


def test_f7_a_link_signed_by_an_earlier_release_still_works(
    app: Flask, alice: Person, sql: Sql
) -> None:
    alice.invoice("p1")
    signed = "p1.WyLX_G5XwKxn3n3Yy1m9xvkEIWcHYTiOuVK6mgHGVQY"
    sql.execute("UPDATE purchases SET pay_url = %s", [f"http://localhost/mock/pay/{signed}"])

    assert press(app, f"/mock/pay/{signed}", "paid").status_code == 200
    assert link_of(alice, "p1") == f"/mock/pay/{signed}"


def test_f7_a_failed_purchase_keeps_its_link_when_it_is_reopened(app: Flask, alice: Person) -> None:
    link = link_of(alice, "p1")
    press(app, link, "failed")

    assert link_of(alice, "p1") == link
    assert press(app, link, "paid").status_code == 200
    assert alice.get("p1").json["status"] == "succeeded"


def test_f7_a_link_that_looks_like_telegrams_is_the_same_link(
    app: Flask, make_app: MakeApp, alice: Person
) -> None:
    old = link_of(alice, "a:b.c")
    telegrams = make_app(mock_links="t.me")
    pay_url = person(telegrams, "alice").invoice("a:b.c").json["pay_url"]
    slug = pay_url.removeprefix("https://t.me/")

    assert re.fullmatch(r"\$mock_[A-Za-z0-9_=-]+", slug)
    assert link_of(alice, "a:b.c") == old
    assert press(telegrams, f"/mock/pay/{slug}", "paid").status_code == 200
    assert alice.get("a:b.c").json["status"] == "succeeded"


@pytest.mark.parametrize("slug", ["$mock_", "$mock_x", "$mock_%D0%B6", "$mock_" + "_w" * 900])
def test_f7_what_cannot_be_a_slug_is_not_found(app: Flask, slug: str) -> None:
    assert app.test_client().get(f"/mock/pay/{slug}").status_code == 404


@pytest.mark.parametrize("end", ["", "%00", "%00.x", "a%20b.x", "%F0%9F%92%B0.x", "x" * 5000])
def test_f7_what_cannot_be_a_link_is_not_found(app: Flask, end: str) -> None:
    page = app.test_client().get(f"/mock/pay/p1{end}")

    assert page.status_code == 404
