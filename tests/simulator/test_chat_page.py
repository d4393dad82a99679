"""The page of a chat, in a real browser: it looks at the bot's messages, writes, presses, pays."""

from collections.abc import Callable
from typing import Any

import requests
from harness.simulator import PRICES, SWORD, Hook, Sim, approve
from harness.waiting import eventually
from playwright.sync_api import Page

Open = Callable[..., Page]
BUY = {"inline_keyboard": [[{"text": "Buy", "callback_data": "buy"}]]}


def open_chat(sim: Sim, open_page: Open, user: int, **query: str) -> Page:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return open_page(f"{sim.address}/chat?user={user}{more}")


def test_it_begins_with_what_the_bot_says_of_itself_and_a_start_button(
    shop: Sim, hook: Hook, open_page: Open
) -> None:
    shop.ask("setMyDescription", description="Swords, sharp ones.")
    user = shop.user()
    page = open_chat(shop, open_page, user, start="spring")
    page.get_by_text("Swords, sharp ones.").wait_for()
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator(".from-buyer").get_by_text("/start spring").wait_for()
    eventually(lambda: hook.kinds() == ["message"])
    assert hook.came[0]["message"]["text"] == "/start spring"


def test_what_the_bot_does_is_seen_at_once(shop: Sim, open_page: Open) -> None:
    user = shop.user()
    page = open_chat(shop, open_page, user)
    shop.ask("sendChatAction", chat_id=user, action="typing")
    page.get_by_text("typing …").wait_for()
    text = '<b>Hi</b> <a href="https://a.bc/">there</a> <tg-spoiler>secret</tg-spoiler>'
    sent = shop.ask("sendMessage", chat_id=user, text=text, parse_mode="HTML")
    page.locator("b", has_text="Hi").wait_for()
    assert page.get_by_role("link", name="there").get_attribute("href") == "https://a.bc/"
    page.get_by_role("button", name="Hidden text").click()
    page.get_by_text("secret").wait_for()
    where = {"chat_id": user, "message_id": sent["message_id"]}
    shop.ask("editMessageText", **where, text="Changed")
    page.get_by_text("Changed").wait_for()
    shop.ask("deleteMessage", **where)
    page.get_by_text("Changed").wait_for(state="detached")


def test_nothing_that_is_sent_is_run(shop: Sim, open_page: Open) -> None:
    user = shop.user()
    page = open_chat(shop, open_page, user)
    bad = "<img src=x onerror=alert(1)>"
    shop.ask("sendMessage", chat_id=user, text=bad)
    page.get_by_text(bad).wait_for()
    entity = [{"type": "text_link", "offset": 0, "length": 1, "url": "javascript:alert(1)"}]
    shop.ask("sendMessage", chat_id=user, text="x marks it", entities=entity)
    page.get_by_text("marks it").wait_for()
    assert page.locator("a[href^='javascript']").count() == 0


def test_a_buyer_writes_and_uses_commands_and_the_keyboard(
    shop: Sim, hook: Hook, open_page: Open
) -> None:
    user = shop.user()
    shop.ask("setMyCommands", commands=[{"command": "help", "description": "Get help"}])
    page = open_chat(shop, open_page, user)
    page.get_by_label("Message", exact=True).fill("Hello")
    page.keyboard.press("Enter")
    page.locator(".from-buyer").get_by_text("Hello").wait_for()
    page.get_by_role("button", name="Commands").click()
    page.get_by_role("button", name="/help Get help").click()
    page.locator(".from-buyer").get_by_text("/help").wait_for()
    shop.ask("sendMessage", chat_id=user, text="?", reply_markup={"keyboard": [["Swords"]]})
    page.get_by_role("button", name="Swords").click()
    page.locator(".from-buyer").get_by_text("Swords").wait_for()
    eventually(lambda: len(hook.came) == 3)
    assert [update["message"]["text"] for update in hook.came] == ["Hello", "/help", "Swords"]


def test_a_pressed_button_shows_the_bots_answer(shop: Sim, hook: Hook, open_page: Open) -> None:
    user = shop.user()
    shop.ask("sendMessage", chat_id=user, text="Choose", reply_markup=BUY)
    answers = iter([("Good choice", False), ("Really?", True)])

    def answer(update: dict[str, Any]) -> Any:
        text, alert = next(answers)
        query = update["callback_query"]["id"]
        call = {"method": "answerCallbackQuery", "callback_query_id": query}
        return 200, {}, call | {"text": text, "show_alert": alert}

    hook.handler = answer
    page = open_chat(shop, open_page, user)
    page.get_by_role("button", name="Buy").click()
    page.get_by_role("status").get_by_text("Good choice").wait_for()
    page.get_by_role("button", name="Buy").click()
    page.get_by_role("dialog").get_by_text("Really?").wait_for()
    page.get_by_role("button", name="OK").click()


def test_the_pay_button_pays_and_shows_a_receipt_afterwards(
    shop: Sim, hook: Hook, open_page: Open
) -> None:
    user = shop.user(60)
    shop.ask("sendInvoice", chat_id=user, **SWORD, prices=PRICES)
    page = open_chat(shop, open_page, user)
    sheet = page.get_by_role("dialog")

    def decline(update: dict[str, Any]) -> Any:
        _, _, yes = approve(update)
        return 200, {}, yes | {"ok": False, "error_message": "Sold out"}

    hook.handler = decline
    page.get_by_role("button", name="Pay ★50").click()
    sheet.get_by_role("button", name="Pay ★ 50").click()
    sheet.get_by_text("Not paid: Sold out").wait_for()
    hook.handler = approve
    sheet.get_by_role("button", name="Pay ★ 50").click()
    page.get_by_text("You paid ★ 50").wait_for()
    page.locator("#stars", has_text="★ 10").wait_for()
    assert shop.balance() == 50
    page.get_by_role("button", name="Receipt").click()
    sheet.get_by_text("Receipt: Golden sword").wait_for()
    assert sheet.get_by_role("button", name="Pay").count() == 0


def test_a_mini_app_opens_with_launch_data(shop: Sim, open_page: Open) -> None:
    user = shop.user()
    app = {"url": f"{shop.address}/sim/clock"}
    markup = {"inline_keyboard": [[{"text": "Open", "web_app": app}]]}
    shop.ask("sendMessage", chat_id=user, text="Shop", reply_markup=markup)
    page = open_chat(shop, open_page, user)
    with page.expect_popup() as opening:
        page.get_by_role("button", name="Open").click()
    opening.value.wait_for_url(lambda url: "#tgWebAppData=" in url)


def test_pictures_are_shown(shop: Sim, open_page: Open) -> None:
    user = shop.user()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'
    requests.post(
        f"{shop.address}/bot{shop.token}/sendPhoto",
        data={"chat_id": user, "caption": "A sword"},
        files={"photo": ("a.svg", svg, "image/svg+xml")},
        timeout=10,
    )
    page = open_chat(shop, open_page, user)
    page.get_by_text("A sword").wait_for()
    eventually(lambda: page.evaluate("document.querySelector('img.picture').naturalWidth") == 9)


def test_without_a_bot_or_a_buyer_it_says_what_to_do(sim: Sim, open_page: Open) -> None:
    page = open_page(f"{sim.address}/chat")
    page.get_by_text("No bot has called yet").wait_for()
    sim.ask("getMe")
    page.goto(f"{sim.address}/chat")
    page.get_by_label("Name").fill("Alice")
    page.get_by_role("button", name="Add buyer").click()
    page.get_by_label("Message", exact=True).wait_for()
    assert requests.get(f"{sim.address}/chat?bot=9", timeout=10).status_code == 404
