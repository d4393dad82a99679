"""The console in a browser: it shows what comes in, acts, searches, copies and is used by keys."""

from collections.abc import Callable
from typing import Any

import pytest
from harness.browser import PASSWORD, Shop
from harness.people import Person
from harness.types import Command
from playwright.sync_api import Browser, Page, expect

Open = Callable[[str], Page]


@pytest.fixture
def console(shop: Shop, open_page: Callable[..., Page]) -> Open:
    """Open a page of the console: console("/funnel")."""

    def open_one(path: str = "") -> Page:
        permissions = ["clipboard-read", "clipboard-write"]
        options: dict[str, Any] = {"permissions": permissions, "timezone_id": "Asia/Tokyo"}
        return open_page(f"{shop.service}/console{path}", http_credentials=PASSWORD, **options)

    return open_one


def test_what_comes_in_is_shown_without_a_reload(console: Open, alice: Person) -> None:
    alice.invoice("p1")
    page = console("")
    alice.invoice("p2")
    page.click("tr.fresh a >> text=p2")
    page.wait_for_selector("h1 >> text=p2")


def test_a_purchase_is_shown_as_it_is_and_acted_on(
    console: Open, alice: Person, command: Command
) -> None:
    alice.invoice("p2")
    page = console("/purchases/p2")
    page.evaluate("window.sameDocument = true")
    alice.purchase("p2")
    page.wait_for_selector("li.purchase_succeeded")
    assert page.evaluate("window.sameDocument")
    page.click("#fail")
    page.wait_for_selector("[role=status] >> text=Marked failed")
    assert alice.history("p2")[-1] == "purchase_failed"


def test_a_payload_that_is_unfolded_holds_nothing_up(console: Open, alice: Person) -> None:
    alice.invoice("p1")
    page = console("/purchases/p1")
    page.click("summary >> text=payload")
    alice.purchase("p1")
    page.wait_for_selector("li.purchase_succeeded")
    assert page.locator("details[open]").count() == 1


def test_what_is_selected_stays_selected(console: Open, alice: Person) -> None:
    alice.invoice("p1")
    page = console("")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('td.id'))")
    alice.invoice("p2")
    for _ in range(2):  # by the second, the first has been shown
        with page.expect_response("**/console"):
            pass
    assert page.evaluate("getSelection().toString().trim()") == "p1"
    page.evaluate("getSelection().empty()")
    page.wait_for_selector("tr.fresh")


def test_what_comes_in_moves_nothing_that_somebody_reads(console: Open, alice: Person) -> None:
    for number in range(30):
        alice.invoice(f"p{number:02}")
    page = console("")
    page.locator("#to-p05").evaluate("(row) => scrollTo(0, row.getBoundingClientRect().top - 200)")
    before = page.locator("#to-p05").evaluate("(row) => row.getBoundingClientRect().top")
    alice.invoice("p99")
    page.locator("#to-p99").wait_for(state="attached")
    after = page.locator("#to-p05").evaluate("(row) => row.getBoundingClientRect().top")
    assert abs(after - before) <= 1


def test_rows_are_reached_and_opened_by_keys(console: Open, alice: Person) -> None:
    for number in range(3):
        alice.invoice(f"p{number}")
    page = console("")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    assert page.locator(":focus").inner_text() == "p1"
    page.keyboard.press("Enter")
    page.wait_for_selector("h1 >> text=p1")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "To the page"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_sums_that_cannot_be_had_are_said_so(shop: Shop, chromium: Browser) -> None:
    """In a browser that may complain of a connection that is cut."""
    context = chromium.new_context(http_credentials=PASSWORD)
    page = context.new_page()
    page.route("**/console/totals?", lambda route: route.abort())
    page.goto(f"{shop.service}/console")
    page.wait_for_selector("text=not counted")
    context.close()


def test_a_whole_row_leads_to_its_purchase_and_back_to_the_list(
    console: Open, alice: Person, bob: Person
) -> None:
    alice.invoice("p1")
    bob.invoice("p2")
    page = console("?user_id=alice")
    page.click("td.how")
    page.wait_for_selector("h1 >> text=p1")
    page.click("[data-back]")
    page.wait_for_selector("#filters")
    assert page.url.endswith("?user_id=alice")
    page.click("td.item a")
    page.wait_for_url("**/console?item_id=golden-sword")
    expect(page.locator("#rows tr")).to_have_count(2)


def test_a_slash_leads_to_the_search(console: Open, alice: Person) -> None:
    alice.invoice("order-1001")
    page = console("/funnel")
    page.keyboard.press("/")
    page.keyboard.type("order-1")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1 >> text=order-1001")


def test_an_id_is_copied(console: Open, alice: Person) -> None:
    alice.invoice("order-1001")
    page = console("/purchases/order-1001")
    page.click("h1 .copy")
    page.wait_for_selector("text=copied")
    assert page.evaluate("navigator.clipboard.readText()") == "order-1001"


def test_times_are_the_readers_own_and_utc_on_hover(console: Open, alice: Person) -> None:
    created_at = alice.invoice("p1") and alice.get("p1").json["created_at"]
    time = console("").locator("#rows time")
    utc = created_at[11:19]
    tokyo = f"{(int(utc[:2]) + 9) % 12 or 12}{utc[2:]}"
    expect(time).to_contain_text(tokyo)
    assert utc in (time.get_attribute("title") or "")


def test_what_is_filtered_is_summed_and_downloaded(console: Open, alice: Person) -> None:
    alice.invoice("p1")
    alice.invoice("p2", source="push")
    page = console("?source=push")
    page.wait_for_selector("text=1 purchase, 50 Stars")
    with page.expect_download() as download:
        page.click("text=CSV")
    lines = download.value.path().read_text().splitlines()
    assert [line.split(",")[1] for line in lines] == ["purchase_id", "p2"]


def test_an_outcome_is_armed_and_taken(console: Open, alice: Person) -> None:
    page = console("/outcomes")
    page.fill("[name=user_id]", "alice")
    page.click("main button.main")
    page.wait_for_selector("[name=clear]")
    alice.invoice("p1")
    assert alice.purchase("p1").json["status"] == "failed"
    page.wait_for_selector("text=Nothing is armed")
