"""Helpers for pages: a pay link, pressing a button of the sheet, the console's password."""

from base64 import b64encode
from typing import Any
from urllib.parse import urljoin

from flask import Flask
from werkzeug.test import TestResponse

from harness.people import Person

# What the staff sees, all behind one password.
CONSOLE = (
    "/console",
    "/console/purchases/p1",
    "/console/outcomes",
    "/console/endpoints",
    "/api/v1/analytics/funnel",
    "/console/funnel",
)


def link_of(who: Person, purchase_id: str, **fields: Any) -> str:
    """The pay link of a new invoice, as the test client opens it."""
    made = who.invoice(purchase_id, **fields)
    return str(made.json["pay_url"]).removeprefix("http://localhost")


def press(app: Flask, link: str, outcome: str) -> TestResponse:
    """Press a button of the sheet, and be sent on as a browser is."""
    client = app.test_client()
    answer = client.post(link, data={"outcome": outcome})
    if answer.status_code != 303:
        return answer
    return client.get(urljoin(link, answer.headers["Location"]))


def basic(password: str, user: str = "anybody") -> dict[str, str]:
    """The header by which a browser sends a name and a password."""
    pair = f"{user}:{password}".encode()
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}
