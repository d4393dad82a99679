"""G32: openInvoice from another origin: one callback with the outcome, and who is believed."""

from collections.abc import Callable
from typing import Any

import pytest
from harness.browser import LISTEN, Shop, site, start_buying
from harness.people import Person
from harness.types import MakeApp, Sql
from playwright.sync_api import Page


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("paid", "succeeded"),
        ("failed", "failed"),
        ("cancelled", "pending"),
        ("pending", "pending"),
    ],
)
def test_g32_each_outcome_reaches_the_app_once(
    shop: Shop,
    open_page: Callable[..., Page],
    sql: Sql,
    outcome: str,
    status: str,
) -> None:
    page = open_page(shop.address)
    start_buying(page).locator(f"button[value={outcome}]").click()

    page.wait_for_function("told.length > 0")
    assert page.locator("dialog").count() == 0
    [(pay_url, stored)] = sql.execute("SELECT pay_url, status FROM purchases").fetchall()
    assert page.evaluate("told") == [{"url": pay_url, "status": outcome}]
    assert stored == status


@pytest.mark.parametrize("leave", ["in the sheet", "on the app", "beside the sheet"])
def test_g32_leaving_the_sheet_is_cancelling(
    shop: Shop, open_page: Callable[..., Page], leave: str
) -> None:
    page = open_page(shop.address)
    sheet = start_buying(page)
    if leave == "in the sheet":
        sheet.locator("button.main").press("Escape")
    elif leave == "on the app":
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Escape")
    else:
        page.mouse.click(5, 5)
    page.wait_for_selector("#log li.pending")
    assert page.evaluate("told.map((data) => data.status)") == ["cancelled"]
    assert page.locator("dialog").count() == 0
    assert (
        page.evaluate("document.activeElement.dataset.item") == "golden-sword"
    )  # where the buyer was before
    start_buying(page).locator("button[value=paid]").click()  # and it can be opened again
    page.wait_for_selector("#log li.succeeded")


def test_g32_only_the_service_is_believed_and_one_sheet_is_open(
    shop: Shop, open_page: Callable[..., Page]
) -> None:
    page = open_page(shop.address)
    sheet = start_buying(page)
    page.evaluate("postMessage({event: 'stars_invoice', status: 'paid', ended: true}, '*')")
    assert (
        page.evaluate("""() => new Promise((resume) => {
        addEventListener('message', () => setTimeout(() => resume(told.length)));
        postMessage('after the forged one', '*');
    })""")
        == 0
    )
    assert (
        page.evaluate("""() => {
        const link = document.querySelector('iframe').src;
        try { Telegram.WebApp.openInvoice(link) } catch (error) { return error.message }
    }""")
        == "WebAppInvoiceOpened"
    )
    sheet.locator("button[value=failed]").click()
    page.wait_for_selector("#log li.failed")


TELEGRAM = """<!doctype html><title>App</title><link rel="icon" href="data:,"><script>
    const listeners = {};
    const openInvoice = (...all) => (window.passedOn = all);
    const real = { initData: 'query_id=1', openInvoice, onEvent: (type, heard) => {
        (listeners['webview:' + type] ??= []).push(heard); } };
    window.before = { ...real };
    window.Telegram = { WebApp: real,
        WebView: { callEventCallbacks: (type, call) => (listeners[type] ?? []).forEach(call) } };
</script><script src="SERVICE/mock/telegram-web-app.js"></script>"""


def test_g32_telegrams_own_script_stays_as_it_is_but_for_our_invoices(
    make_app: MakeApp,
    serve_app: Callable[[Any], str],
    open_page: Callable[..., Page],
    alice: Person,
) -> None:
    pages: dict[str, str] = {}
    address = serve_app(lambda environ, start: site(pages["app"])(environ, start))
    service = serve_app(make_app(cors_origins=(address,), public_url=None))
    pages["app"] = TELEGRAM.replace("SERVICE", service)
    page = open_page(address)
    assert page.evaluate(
        "Object.keys(Telegram.WebApp).filter((name) => Telegram.WebApp[name] !== before[name])"
    ) == ["openInvoice", "offEvent"]  # the second was not there

    page.evaluate("Telegram.WebApp.openInvoice('https://t.me/$abc', 'callback')")
    assert page.evaluate("passedOn") == ["https://t.me/$abc", "callback"]

    page.evaluate(LISTEN)
    link = alice.invoice("p1").json["pay_url"].replace("http://localhost", service)
    page.evaluate(
        "(link) => Telegram.WebApp.openInvoice(link, (status) => told.push(status))", link
    )
    page.frame_locator("iframe").locator("button[value=paid]").click()
    page.wait_for_function("told.length === 2")
    assert page.evaluate("told") == ["paid", {"url": link, "status": "paid"}]
