"""The home page: what it shows, that it keeps up, and that all can be done by clicking."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from harness.simulator import PRICES, SWORD, Hook, Sim, simulator
from harness.waiting import eventually
from init_data_py import validate_by_hash
from playwright.sync_api import Page

from stars.simulator.settings import Settings

Open = Callable[..., Page]


def test_it_shows_what_is_there(shop: Sim) -> None:
    link, user = shop.link(), shop.user(first_name="<script>")
    shop.pay(link, user)
    page = requests.get(shop.address, timeout=10).text
    for shown in (
        shop.address,
        "Golden sword",
        "simulated_123456_bot",
        "&lt;script&gt;",
        "successful_payment",
    ):
        assert shown in page
    assert "<script>" not in page
    style = requests.get(f"{shop.address}/simulator/style.css", timeout=10)
    assert style.headers["Content-Type"].startswith("text/css")


def test_it_leads_to_the_service_that_is_tried_out() -> None:
    with simulator(Settings(service_url="http://127.0.0.1:9/console")) as sim:
        assert 'href="http://127.0.0.1:9/console"' in requests.get(sim.address, timeout=10).text


def test_it_opens_the_mini_app_with_launch_data_of_a_buyer() -> None:
    shop = "http://127.0.0.1:9/shop"
    with simulator(Settings(app_url=shop)) as sim:
        sim.ask("getMe")
        user = sim.user(first_name="Alice")
        assert f'href="/app?user={user}"' in requests.get(sim.address, timeout=10).text
        address = f"{sim.address}/app?user={user}"
        opened = requests.get(address, timeout=10, allow_redirects=False)
        address, _, launched = opened.headers["Location"].partition("#tgWebAppData=")
        data, *client = launched.split("&")
        assert address == shop
        assert "tgWebAppVersion=6.1" in client
        assert validate_by_hash(unquote(data), sim.token).user.id == user
        assert requests.get(f"{sim.address}/app?user=9", timeout=10).status_code == 404


def test_without_a_mini_app_none_is_opened(shop: Sim) -> None:
    user = shop.user()
    assert requests.get(f"{shop.address}/app?user={user}", timeout=10).status_code == 404
    assert "/app?" not in requests.get(shop.address, timeout=10).text


def test_links_say_whether_they_are_paid(shop: Sim, hook: Hook) -> None:
    user = shop.user()
    shop.link(title="Untouched")
    charge = shop.pay(shop.link(title="Refunded"), user)["charge"]
    shop.ask("refundStarPayment", user_id=user, telegram_payment_charge_id=charge)
    twice = shop.link(title="Twice")
    shop.pay(twice, user)
    shop.pay(twice, user)
    hook.handler = lambda update: (200, {}, {})
    shop.act("pay", link=shop.link(title="Pending"), user=user, wait=0)
    page = requests.get(shop.address, timeout=10).text
    links = page[page.index('data-live="links"') : page.index('data-live="payments"')]
    told = re.findall(r">(\w+)</a>.*?<small class=\"(?:good)?\">(.*?)</small>", links, re.DOTALL)
    assert told == [
        ("Pending", "waiting for the bot"),
        ("Twice", "paid 2 times"),
        ("Refunded", "paid, 1 refunded"),
        ("Untouched", "not paid"),
    ]


def test_the_journal_has_times_and_leaves_polls_out(shop: Sim) -> None:
    sim = Sim(shop.address, "777:" + "x" * 35)
    sim.call("sendMessage", chat_id=99, text="x")
    sim.ask("getUpdates")
    page = requests.get(shop.address, timeout=10).text
    journal = page[page.index('<ol class="journal"') :]
    assert re.search(r'<li value="\d+" class="bad"><time datetime="\d{4}-', journal)
    assert "chat not found" in journal
    assert "getUpdates" not in journal
    sim.session.close()


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_it_keeps_up_without_a_reload(sim: Sim, open_page: Open) -> None:
    page = open_page(sim.address)
    page.get_by_text("None has called yet.").wait_for()
    sim.ask("getMe")
    page.get_by_text("@simulated_123456_bot").wait_for()
    user = sim.user(first_name="Alice")
    page.locator("#buyers").get_by_text("Alice").wait_for()
    sim.act("pay", link=sim.link(), user=user, wait=0)
    page.locator("#links").get_by_text("waiting for the bot").wait_for()
    time = page.locator("#journal time").first
    assert eventually(lambda: time.get_attribute("title")).endswith("GMT")


def test_faults_are_armed_and_cleared_by_clicking(shop: Sim, hook: Hook, open_page: Open) -> None:
    page = open_page(shop.address)
    click(page, "Deliver the next payment twice")
    page.locator("#faults .line").wait_for()
    shop.pay(shop.link(), shop.user())
    assert hook.kinds().count("successful_payment") == 2
    page.get_by_text("used up").wait_for()
    click(page, "Clear")
    page.get_by_text("Nothing: everything works.").wait_for()

    page.get_by_text("Any other fault").click()
    page.get_by_label("What happens").select_option("wrong_amount")
    page.get_by_label("Stage").select_option("payment")
    page.get_by_label("Value").fill("7")
    page.get_by_label("for ever").check()
    click(page, "Arm it")
    page.get_by_text("for ever, ").or_(page.get_by_text("for ever").first).first.wait_for()
    (fault,) = shop.look("faults")
    assert (fault["kind"], fault["match"], fault["times"], fault["options"]) == (
        "wrong_amount",
        {"stage": "payment"},
        None,
        {"value": 7},
    )


def test_the_clock_is_pushed_by_clicking(sim: Sim, open_page: Open) -> None:
    page = open_page(sim.address)
    before = sim.look("clock")["now"]
    click(page, "+1 h")
    page.get_by_text("ahead of real time").wait_for()
    assert 3600 <= sim.look("clock")["now"] - before < 3700


def test_a_payment_is_charged_back_and_stars_withdrawn_by_clicking(
    shop: Sim, open_page: Open
) -> None:
    user = shop.user()
    shop.pay(shop.link(), user)
    page = open_page(shop.address)
    page.get_by_text("Withdraw Stars from a bot").click()
    page.locator("form[action='/do/withdraw']").get_by_label("Stars").fill("20")
    click(page, "Withdraw")
    eventually(lambda: shop.balance() == 30)
    click(page, "Charge back")
    page.locator("#payments").get_by_text("refunded").wait_for()
    assert (shop.balance(), shop.stars(user)) == (-20, 1000)


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("clock", {"advance": "soon"}),
        ("clock", {}),
        ("fault", {"kind": "nonsense"}),
        ("fault", {"kind": "delay", "times": "0"}),
        ("preset", {"name": "nonsense"}),
        ("chargeback", {"charge": "nonsense"}),
        ("withdraw", {"stars": "9"}),
        ("nonsense", {}),
    ],
)
def test_a_form_that_makes_no_sense_says_why_and_does_nothing(
    sim: Sim, form: str, fields: dict[str, str]
) -> None:
    sim.ask("getMe")
    answer = requests.post(f"{sim.address}/do/{form}", data=fields, timeout=10)
    assert answer.status_code in (400, 404)
    assert "Not done:" in answer.text
    assert sim.look("faults") == []


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com", "/elsewhere"])
def test_the_form_leads_nowhere_else(sim: Sim, back: str) -> None:
    answer = requests.post(
        sim.address, data={"first_name": "A", "back": back}, timeout=10, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


FETCHED = "performance.getEntries().reduce((bytes, entry) => bytes + (entry.transferSize ?? 0), 0)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_light_and_can_be_used_by_everybody(
    shop: Sim, open_page: Open, scheme: Any
) -> None:
    user = shop.user(first_name="Alice")
    link = shop.link()
    shop.pay(link, user)
    shop.fault("duplicate")
    shop.write(user, "/start")
    shop.ask("sendInvoice", chat_id=user, **SWORD, prices=PRICES)
    for path in ("", f"/chat?user={user}", link.removeprefix(shop.address), "/chat?user=0"):
        page = open_page(shop.address + path, color_scheme=scheme)
        assert 1000 < page.evaluate(FETCHED) < 60_000, path
        if path.startswith("/chat"):
            page.locator("article").first.wait_for()
        found = Axe().run(page).response["violations"]
        serious = [
            (rule["id"], [node["html"] for node in rule["nodes"]])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
        assert serious == [], path
        page.set_viewport_size({"width": 360, "height": 640})
        width = "document.documentElement.scrollWidth"
        eventually(lambda page=page: page.evaluate(width) <= 360)
