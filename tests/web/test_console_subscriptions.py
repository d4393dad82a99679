"""The console plays a subscription of the mock; the demo and the pay page sell one."""

from urllib.parse import urljoin

import pytest
from flask import Flask
from harness.people import Person

PAGE = "/console/purchases/p1"
PASS = {"item_id": "monthly-pass", "price_stars": 100}


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("renew", ["One more period is paid.", "renewed 1 time"]),
        ("fail_renewal", ["A renewal was not paid.", "payment failed, paid until"]),
        ("cancel_renewals", ["not renewed any more", "canceled by telegram"]),
        ("expire", ["It is over now.", "expired, paid until"]),
    ],
)
def test_the_console_plays_a_subscription(
    app: Flask, alice: Person, action: str, words: list[str]
) -> None:
    alice.purchase("p1", **PASS)
    client = app.test_client()
    done = client.post(PAGE, data={"action": action})
    page = client.get(urljoin(PAGE, done.headers["Location"])).text

    for said in words:
        assert said in page


def test_what_is_bought_once_cannot_be_renewed(app: Flask, alice: Person) -> None:
    alice.purchase("p1", item_id="golden-sword", price_stars=50)

    assert 'value="renew"' not in app.test_client().get(PAGE).text


def test_the_demo_sells_a_pass_and_the_pay_page_begins_it(app: Flask, alice: Person) -> None:
    client = app.test_client()
    assert 'data-item="monthly-pass"' in client.get("/mock/demo").text
    link = alice.invoice("p1", **PASS).json["pay_url"]
    path = link.partition("/mock")[2]
    assert "Subscription" in client.get(f"/mock{path}").text
    client.post(f"/mock{path}", data={"outcome": "paid"})

    assert alice.history("p1")[-1] == "subscription_started"
    assert "Subscription begun" in client.get(f"/mock{path}").text
