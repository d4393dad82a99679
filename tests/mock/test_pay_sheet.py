"""G30, G31: each button of the payment sheet does what it says; who may frame it."""

import re

import pytest
from flask import Flask
from harness.backend import Backend
from harness.outcomes import arm, armed
from harness.pages import link_of, press
from harness.people import Person
from harness.types import Logged, MakeApp
from werkzeug.datastructures import Headers

SHOP = "https://shop.example"
VITE = "http://localhost:5173"
TELEGRAM = "https://web.telegram.org https://*.telegram.org"
INLINE = r"<script>|<style|\son\w+=|\sstyle=|https?://"


@pytest.mark.parametrize(
    ("outcome", "status", "shown", "events"),
    [
        ("paid", "succeeded", "Paid", ["purchase_succeeded"]),
        ("failed", "failed", "The payment failed", ["purchase_failed"]),
        ("cancelled", "pending", "Cancelled: nothing has changed", []),
        ("pending", "pending", "Left pending: nothing has changed", []),
    ],
)
def test_g30_each_button_does_what_it_says(
    app: Flask, alice: Person, outcome: str, status: str, shown: str, events: list[str]
) -> None:
    page = press(app, link_of(alice, "p1"), outcome)

    assert page.status_code == 200
    assert shown in page.text
    assert f'data-status="{outcome}" data-ended' in page.text
    assert alice.get("p1").json["status"] == status
    assert alice.history("p1") == ["purchase_invoice_created", *events]


def test_g30_pressing_again_changes_nothing_and_a_failed_one_can_be_paid(
    app: Flask, alice: Person, logged: Logged
) -> None:
    link = link_of(alice, "p1")
    in_a_tab_left_open = "failed"
    for outcome in ("failed", "failed", "paid", "paid", in_a_tab_left_open):
        assert press(app, link, outcome).status_code == 200

    assert "Already paid" in app.test_client().get(link).text
    assert len(logged("purchase_succeeded_idempotent")) == 1
    assert alice.history("p1") == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_succeeded",
    ]


@pytest.mark.parametrize("query", ["", "?outcome=paid", "?outcome=nonsense"])
def test_g30_a_get_changes_nothing_and_believes_no_address(
    app: Flask, alice: Person, query: str
) -> None:
    page = app.test_client().get(link_of(alice, "p1") + query)

    assert page.status_code == 200
    assert "data-ended" not in page.text
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g30_a_guessed_or_altered_link_leads_nowhere(app: Flask, alice: Person) -> None:
    link = link_of(alice, "p1")
    head, secret = link.split(".")
    secret_of_another = link_of(alice, "p2").split(".")[1]
    another_letter = "A" if secret[-2] != "A" else "B"
    guesses = [
        "/mock/pay/p1",
        "/mock/pay/p1.",
        "/mock/pay/.x",
        "/mock/pay/p1." + "A" * 22,
        f"{head}.{secret_of_another}",
        f"{head}.{secret[:-2]}{another_letter}{secret[-1]}",
        f"{head}.{secret[:-1]}",
        link.replace("p1", "p2"),
    ]

    for guess in guesses:
        assert app.test_client().get(guess).status_code == 404, guess
        assert press(app, guess, "paid").status_code == 404, guess
    assert alice.history("p1") == ["purchase_invoice_created"]


@pytest.mark.parametrize("outcome", ["lost", "", "succeeded"])
def test_g30_only_the_four_outcomes_are_known(app: Flask, alice: Person, outcome: str) -> None:
    assert press(app, link_of(alice, "p1"), outcome).status_code == 422
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g30_a_link_outlives_the_process_that_made_it(make_app: MakeApp, alice: Person) -> None:
    link = link_of(alice, "p1")
    assert make_app().test_client().get(link).status_code == 200


def policy_of(headers: Headers) -> dict[str, str]:
    """The rules of a Content-Security-Policy, by what they are for."""
    rules = headers["Content-Security-Policy"].split("; ")
    return dict(rule.split(" ", 1) for rule in rules)


@pytest.mark.parametrize(
    ("origins", "framed_by"),
    [
        ((), "'self'"),
        ((SHOP, VITE), f"'self' {SHOP} {VITE}"),
        (("*",), "'self' *"),
    ],
)
def test_g31_the_payment_is_framed_by_the_front_ends_alone(
    make_app: MakeApp, alice: Person, origins: tuple[str, ...], framed_by: str
) -> None:
    app = make_app(cors_origins=origins)

    page = app.test_client().get(link_of(alice, "p1"))
    assert policy_of(page.headers)["frame-ancestors"] == f"{framed_by} {TELEGRAM}"


def test_g31_the_payment_runs_nothing_inline(app: Flask, alice: Person) -> None:
    page = app.test_client().get(link_of(alice, "p1"))

    policy = policy_of(page.headers)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert not re.search(INLINE, page.text)


def test_g31_the_console_is_framed_by_nobody(app: Flask) -> None:
    page = app.test_client().get("/console")
    assert policy_of(page.headers)["frame-ancestors"] == "'none'"


def test_g30_the_sheet_says_what_is_armed_and_its_buttons_do_what_they_say(
    app: Flask, alice: Person
) -> None:
    link = link_of(alice, "p1")
    client = app.test_client()
    assert "Armed" not in client.get(link).text
    arm(alice, "pending", match={"user_id": "bob"})
    arm(alice, "failed", match={"user_id": "alice"})

    assert "Armed for this purchase: failed." in client.get(link).text
    russian = client.get(link, headers={"Accept-Language": "ru"}).text
    assert "задан исход: ошибка оплаты" in russian
    assert "Paid" in press(app, link, "paid").text
    assert [one["taken"] for one in armed(app)] == [0, 0]


def test_the_sheet_shows_that_it_was_handed_out(app: Flask, alice: Person) -> None:
    link = link_of(alice, "p1")
    alice.purchase("p1")
    shop = Backend(app, "write")
    shop.call("POST", "/api/v1/purchases/p1/fulfil", {"reference": "d1"})
    assert "Handed out" in app.test_client().get(link).text
