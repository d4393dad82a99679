"""G30, G31: each button of the payment sheet does what it says; who may frame it."""

import re
from typing import Any

import pytest
from harness.pages import link_of, press
from harness.people import Person
from harness.types import Logged, MakeApp


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
    app: Any,
    alice: Person,
    logged: Logged,
    outcome: str,
    status: str,
    shown: str,
    events: list[str],
) -> None:
    link = link_of(alice, "p1")
    page = press(app, link, outcome)
    assert page.status_code == 200
    assert shown in page.text
    assert f'data-status="{outcome}" data-ended' in page.text
    assert alice.get("p1").json["status"] == status
    assert alice.history("p1") == ["purchase_invoice_created", *events]
    assert [line["message"] for line in logged()][1:] == events


def test_g30_pressing_again_changes_nothing_and_a_failed_one_can_be_paid(
    app: Any, alice: Person, logged: Logged
) -> None:
    link = link_of(alice, "p1")
    for outcome in (
        "failed",
        "failed",
        "paid",
        "paid",
        "failed",
    ):  # the last one from a tab left open
        assert press(app, link, outcome).status_code == 200
    assert alice.history("p1") == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_succeeded",
    ]
    assert len(logged("purchase_succeeded_idempotent")) == 1
    assert "Already paid" in app.test_client().get(link).text


def test_g30_a_get_changes_nothing_and_believes_no_address(app: Any, alice: Person) -> None:
    link = link_of(alice, "p1")
    for address in (link, f"{link}?outcome=paid", f"{link}?outcome=nonsense"):
        page = app.test_client().get(address)
        assert page.status_code == 200
        assert "data-ended" not in page.text
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g30_a_guessed_or_altered_link_leads_nowhere(app: Any, alice: Person) -> None:
    link = link_of(alice, "p1")
    other = link_of(alice, "p2")
    last = "A" if link[-2] != "A" else "B"
    guesses = [
        "/mock/pay/p1",
        "/mock/pay/p1.",
        "/mock/pay/.x",
        link.replace("p1", "p2"),
        link[:-2] + last + link[-1],
        link[:-1],
        link.partition(".")[0] + "." + other.partition(".")[2],
        "/mock/pay/p1." + "A" * 22,
    ]
    for guess in guesses:
        assert app.test_client().get(guess).status_code == 404, guess
        assert press(app, guess, "paid").status_code == 404, guess
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g30_only_the_four_outcomes_are_known(app: Any, alice: Person) -> None:
    link = link_of(alice, "p1")
    for outcome in ("lost", "", "succeeded"):
        assert press(app, link, outcome).status_code == 422
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g30_a_link_outlives_the_process_that_made_it(make_app: MakeApp, alice: Person) -> None:
    link = link_of(alice, "p1")
    assert make_app().test_client().get(link).status_code == 200


def test_g31_the_payment_is_framed_by_the_front_ends_alone_and_runs_nothing_inline(
    make_app: MakeApp, alice: Person
) -> None:
    link = link_of(alice, "p1")
    for origins, framed_by in (
        ((), "'self'"),
        (
            ("https://shop.example", "http://localhost:5173"),
            "'self' https://shop.example http://localhost:5173",
        ),
        (("*",), "'self' *"),
    ):
        page = make_app(cors_origins=origins).test_client().get(link)
        policy = dict(
            rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; ")
        )
        telegram = "https://web.telegram.org https://*.telegram.org"
        assert policy["frame-ancestors"] == f"{framed_by} {telegram}"
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert not re.search(r"<script>|<style|\son\w+=|\sstyle=|https?://", page.text)
    assert (
        "frame-ancestors 'none'"
        in make_app().test_client().get("/console").headers["Content-Security-Policy"]
    )
