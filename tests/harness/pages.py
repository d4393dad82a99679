"""Helpers for pages: a pay link, pressing a button of the sheet, the console's password."""

from base64 import b64encode
from typing import Any
from urllib.parse import urljoin

from harness.people import Person

CONSOLE = (
    "/console",
    "/console/purchases/p1",
    "/console/outcomes",
    "/api/v1/analytics/funnel",
    "/console/funnel",
)


def link_of(who: Person, purchase_id: str, **fields: Any) -> str:
    """The pay link of a new invoice, as the test client opens it."""
    return str(who.invoice(purchase_id, **fields).json["pay_url"]).removeprefix("http://localhost")


def press(app: Any, link: str, outcome: str) -> Any:
    """Press a button of the sheet, and be sent on as a browser is."""
    answer = app.test_client().post(link, data={"outcome": outcome})
    return (
        app.test_client().get(urljoin(link, answer.headers["Location"]))
        if answer.status_code == 303
        else answer
    )


def basic(password: str, user: str = "anybody") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}
