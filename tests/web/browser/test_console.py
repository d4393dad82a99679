"""The console in a browser: it shows what comes in, and acts."""

from collections.abc import Callable

from harness.browser import PASSWORD, Shop
from harness.people import Person
from playwright.sync_api import Page


def test_the_console_shows_what_comes_in_and_acts(
    shop: Shop, open_page: Callable[..., Page], alice: Person
) -> None:
    alice.invoice("p1")
    page = open_page(f"{shop.service}/console", http_credentials=PASSWORD)
    alice.invoice("p2")
    page.click(
        "tr.fresh a >> text=p2"
    )  # it came in without a reload: the click is in the very page
    page.go_back()
    page.wait_for_selector("#rows tr >> nth=1")

    page.goto(f"{shop.service}/console/purchases/p2")
    page.evaluate("window.sameDocument = true")
    alice.purchase("p2")
    page.wait_for_selector("li.purchase_succeeded")
    assert page.evaluate("window.sameDocument")
    page.click("#fail")
    page.wait_for_selector("#reopen")
    assert alice.history("p2") == [
        "purchase_invoice_created",
        "purchase_succeeded",
        "purchase_failed",
    ]

    page.goto(f"{shop.service}/console/outcomes")
    page.fill("[name=user_id]", "alice")
    page.click("button.main")
    page.wait_for_selector("[name=clear]")
    assert alice.purchase("p1").json["status"] == "failed"
    page.wait_for_selector("text=Nothing is armed")
