"""The demo shop shows the right way to buy, since it is copied from."""

from collections.abc import Iterator
from typing import Any

import pytest
from harness.browser import Shop, start_buying
from harness.types import Sql
from harness.waiting import eventually
from playwright.sync_api import Browser, Page, Route

INVOICE = "**/api/v1/purchase/invoice"


@pytest.fixture
def page(shop: Shop, chromium: Browser) -> Iterator[Page]:
    """The demo, in a browser that may complain of a connection that is cut."""
    context = chromium.new_context(locale="en-US")
    context.set_default_timeout(30_000)
    opened = context.new_page()
    opened.goto(shop.address)
    yield opened
    context.close()


def have_open_invoice(page: Page, script: str) -> None:
    """Let openInvoice do this, and keep the link that it was given."""
    replaced = f"openInvoice = (url, callback) => {{ window.link = url; {script} }}"
    page.evaluate(f"() => {{ Telegram.WebApp.{replaced} }}")


def pay_elsewhere(shop: Shop, page: Page) -> None:
    """Pay the open invoice in a way that the page sees nothing of."""
    link = page.evaluate("link").replace(shop.service, "")
    paid = shop.app.test_client().post(link, data={"outcome": "paid"})
    assert paid.status_code == 303


def test_a_double_click_buys_once(page: Page, sql: Sql) -> None:
    page.dblclick("[data-item]")
    page.frame_locator("dialog iframe").locator("button[value=paid]").click()
    page.wait_for_selector("#log li.succeeded")
    assert page.locator("#log li").count() == 1
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (1,)


@pytest.mark.parametrize("said", ["cancelled", "failed", "pending", "paid"])
def test_what_was_paid_is_succeeded_whatever_open_invoice_says(
    shop: Shop, page: Page, said: str
) -> None:
    have_open_invoice(page, f"callback('{said}')")
    page.click("[data-item]")
    page.wait_for_function("window.link")
    pay_elsewhere(shop, page)
    page.wait_for_selector("#log li.succeeded")


def test_what_was_paid_is_succeeded_though_open_invoice_says_nothing(
    shop: Shop, page: Page
) -> None:
    have_open_invoice(page, "")
    page.click("[data-item]")
    page.wait_for_selector("text=Waiting for the payment")
    pay_elsewhere(shop, page)
    page.wait_for_selector("#log li.succeeded")
    assert page.locator("[aria-disabled=true]").count() == 0


def test_a_lost_answer_is_asked_for_again_with_the_same_purchase_id(page: Page, sql: Sql) -> None:
    asked: list[Any] = []

    def lose(route: Route) -> None:
        """Let the request arrive, and lose the first answers."""
        if route.request.method != "POST":
            return route.continue_()
        asked.append(route.request.post_data_json["purchase_id"])
        if len(asked) == 1:
            return route.abort()
        answer = route.fetch()
        return route.abort() if len(asked) == 2 else route.fulfill(response=answer)

    page.route(INVOICE, lose)
    start_buying(page).locator("button[value=paid]").click()
    page.wait_for_selector("#log li.succeeded")
    assert (len(asked), len(set(asked))) == (3, 1)
    assert sql.execute("SELECT purchase_id FROM purchases").fetchall() == [(asked[0],)]


def test_while_another_invoice_is_open_nothing_is_lost(page: Page, sql: Sql) -> None:
    have_open_invoice(page, "throw Error('WebAppInvoiceOpened')")
    page.click("[data-item]")
    page.wait_for_selector("text=Another invoice is open")

    have_open_invoice(page, "callback('cancelled')")
    page.click("[data-item]")
    page.wait_for_selector("#log li.pending")
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (1,)


def test_a_purchase_survives_a_reload(shop: Shop, page: Page, sql: Sql) -> None:
    have_open_invoice(page, "")
    page.click("[data-item]")
    page.wait_for_function("window.link")
    pay_elsewhere(shop, page)
    page.reload()
    page.wait_for_selector("#log li.succeeded")

    start_buying(page)  # the next one is another purchase
    eventually(lambda: sql.execute("SELECT count(*) FROM purchases").fetchone() == (2,))


def test_a_refused_purchase_is_not_tried_for_ever(page: Page, sql: Sql) -> None:
    """What has this id costs something else by now: the next click is another purchase."""
    have_open_invoice(page, "callback('cancelled')")
    page.click("[data-item]")
    page.wait_for_selector("#log li.pending")
    page.evaluate("document.querySelector('[data-item]').dataset.price = 51")
    page.click("[data-item]")
    page.wait_for_selector("#log li.failed")
    page.click("[data-item]")
    page.wait_for_selector("#log li.pending >> nth=1")
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (2,)
