"""G30: the payment sheet works with keys alone and without JavaScript."""

from collections.abc import Callable
from typing import Any

import pytest
from harness.people import Person
from playwright.sync_api import Page, expect


@pytest.mark.parametrize(
    ("locale", "scheme", "script", "pay", "paid"),
    [
        ("en-US", "light", True, "Pay", "Paid"),
        ("ru-RU", "dark", True, "Оплатить", "Оплачено"),
        ("en-US", "dark", False, "Pay", "Paid"),
        ("ru-RU", "light", False, "Оплатить", "Оплачено"),
    ],
)
def test_g30_the_payment_works_with_keys_alone_and_without_javascript(
    app: Any,
    serve_app: Callable[[Any], str],
    open_page: Callable[..., Page],
    alice: Person,
    locale: str,
    scheme: Any,
    script: bool,
    pay: str,
    paid: str,
) -> None:
    link = alice.invoice("p1").json["pay_url"].replace("http://localhost", serve_app(app))
    page = open_page(
        link,
        locale=locale,
        color_scheme=scheme,
        java_script_enabled=script,
        viewport={"width": 360, "height": 640},
    )
    page.keyboard.press("Tab")
    assert pay in page.locator(":focus").inner_text()
    page.keyboard.press("Enter")
    assert page.locator("[role=status]").inner_text() == paid
    assert alice.get("p1").json["status"] == "succeeded"
    ground = (
        page.locator("main").evaluate("(main) => getComputedStyle(main).backgroundColor")
        if script
        else None
    )
    assert ground in (None, {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 36, 45)"}[scheme])


def test_times_are_the_readers_own_and_utc_on_hover(
    app: Any, serve_app: Callable[[Any], str], open_page: Callable[..., Page], alice: Person
) -> None:
    link = alice.invoice("p1").json["pay_url"].replace("http://localhost", serve_app(app))
    alice.purchase("p1")
    utc = alice.events("p1")[0]["created_at"][11:19]
    tokyo = f"{(int(utc[:2]) + 9) % 12 or 12}{utc[2:]}"
    time = open_page(link, timezone_id="Asia/Tokyo").locator("time").first
    expect(time).to_contain_text(tokyo)
    assert f"{utc} UTC" in (time.get_attribute("title") or "")
    plain = open_page(link, java_script_enabled=False).locator("time").first
    assert plain.inner_text() == f"{utc} UTC"
