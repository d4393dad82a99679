"""The page where a link is paid: it works without JavaScript, and tells whoever opened it."""

from collections.abc import Callable

import requests
from harness.simulator import Sim
from harness.waiting import eventually
from playwright.sync_api import Page

LISTEN = "window.told = []; window.addEventListener('message', (event) => told.push(event.data));"


def test_a_person_pays_a_link_on_its_page(shop: Sim) -> None:
    link = shop.link(title="<b>Sword</b> & more")
    assert "Nobody here can pay yet" in requests.get(link, timeout=10).text
    back = "/$" + link.rpartition("$")[2]
    page = requests.post(
        shop.address, data={"first_name": "<i>Al</i>", "stars": "60", "back": back}, timeout=10
    )
    assert page.url == link
    assert "&lt;b&gt;Sword&lt;/b&gt; &amp; more" in page.text
    assert "&lt;i&gt;Al&lt;/i&gt;" in page.text
    user = shop.look("users")[0]["id"]
    paid = requests.post(link, data={"user": user, "pay": "1"}, timeout=10)
    assert "Paid 50 Stars" in paid.text
    assert "10 left" in paid.text
    poor = requests.post(link.replace("$", "invoice/"), data={"user": user, "pay": "1"}, timeout=10)
    assert "too few Stars" in poor.text
    assert "Cancelled" in requests.post(link, data={"user": user, "cancel": "1"}, timeout=10).text
    assert shop.balance() == 50


def test_a_link_that_does_not_exist_is_not_found(sim: Sim) -> None:
    assert requests.get(f"{sim.address}/$nonsense", timeout=10).status_code == 404


def open_invoice(shop: Sim, open_page: Callable[..., Page]) -> tuple[Page, Page]:
    """A front end, and the invoice that it has opened in a tab of its own."""
    link = shop.link()
    front_end = open_page(f"{shop.address}/chat")
    front_end.evaluate(LISTEN)
    with front_end.expect_popup() as opening:
        front_end.evaluate(f"window.sheet = window.open('{link}', 'invoice'); 0")
    return front_end, opening.value


def test_the_front_end_is_told_the_truth_and_the_tab_closes(
    shop: Sim, open_page: Callable[..., Page]
) -> None:
    shop.user(60)
    for button, status in (("Pay", "paid"), ("Cancel", "cancelled")):
        front_end, tab = open_invoice(shop, open_page)
        tab.get_by_role("button", name=button, exact=False).first.click()
        told = eventually(lambda front_end=front_end: front_end.evaluate("told"))
        slug = shop.look("links")[-1]["slug"]
        assert told == [
            f'{{"eventType":"invoice_closed","eventData":{{"slug":"{slug}","status":"{status}"}}}}'
        ]
        eventually(lambda front_end=front_end: front_end.evaluate("sheet.closed"))
    assert shop.balance() == 50


def test_after_a_failure_the_tab_stays_and_paying_again_is_possible(
    shop: Sim, open_page: Callable[..., Page]
) -> None:
    user = shop.user(10)
    front_end, tab = open_invoice(shop, open_page)
    tab.get_by_role("button", name="Pay").click()
    tab.get_by_text("has too few Stars").wait_for()
    assert '"status":"failed"' in eventually(lambda: front_end.evaluate("told"))[0]
    shop.act("users", id=user, stars=50)
    tab.get_by_role("button", name="Pay again").click()
    eventually(lambda: front_end.evaluate("sheet.closed"))
    assert shop.balance() == 50


def test_a_subscription_is_cancelled_and_resumed_on_the_page_of_its_link(
    shop: Sim, open_page: Callable[..., Page]
) -> None:
    shop.user(200)
    page = open_page(shop.link(subscription_period=2_592_000))
    page.get_by_text("Stars every 30 days").wait_for()
    page.get_by_role("button", name="Pay").click()
    subscription = page.locator("#subscriptions .line")
    subscription.get_by_role("button", name="Cancel it").click()
    subscription.get_by_text("canceled").wait_for()
    subscription.get_by_role("button", name="Resume it").click()
    subscription.get_by_text("active").wait_for()
    subscription.get_by_role("button", name="Renew now").click()
    subscription.get_by_text("paid 2 times").wait_for()
    assert shop.balance() == 100
