"""The bridge to Telegram's clients: the mock answers for its invoices, the client for the rest."""

from collections.abc import Callable
from typing import Any

import pytest
from harness.browser import site
from harness.people import person
from harness.types import MakeApp
from playwright.sync_api import Page

HEAD = '<!doctype html><title>App</title><link rel="icon" href="data:,">'
# Telegram's client for phones and desktops, and the receiver that its script defines.
CLIENT = """window.told = []; window.heard = [];
    window.Telegram = { WebView: { receiveEvent: (...all) => heard.push(all) } };
    window.client = { postEvent: (...all) => told.push(all) };"""
EARLY = f"<script>{CLIENT} TelegramWebviewProxy = client;</script><script src='MOCK'></script>"
LATE = f"<script src='MOCK'></script><script>{CLIENT} TelegramWebviewProxy = client;</script>"
NOTIFIED = f"""<script>{CLIENT}
    external.notify = (text) => {{
        const message = JSON.parse(text);
        told.push([message.eventType, JSON.stringify(message.eventData)]);
    }};</script><script src='MOCK'></script>"""
NOTIFY = """({ eventType, eventData }) =>
    external.notify(JSON.stringify({ eventType, eventData }))"""
POST = """({ eventType, eventData }) =>
    TelegramWebviewProxy.postEvent(eventType, JSON.stringify(eventData))"""


@pytest.mark.parametrize(
    ("head", "tell"),
    [(EARLY, POST), (LATE, POST), (NOTIFIED, NOTIFY), (NOTIFIED, POST)],
    ids=["proxy before", "proxy after", "notify", "proxy over notify"],
)
def test_the_mock_answers_for_its_invoices_and_the_client_for_the_rest(
    make_app: MakeApp,
    serve_app: Callable[[Any], str],
    open_page: Callable[..., Page],
    head: str,
    tell: str,
) -> None:
    pages: dict[str, str] = {}
    address = serve_app(lambda environ, start: site(pages["app"])(environ, start))
    app = make_app(mock_links="t.me", cors_origins=(address,))
    pages["app"] = HEAD + head.replace("MOCK", f"{serve_app(app)}/mock/telegram-web-app.js")
    page = open_page(address)

    def ask(slug: str) -> None:
        page.evaluate(tell, {"eventType": "web_app_open_invoice", "eventData": {"slug": slug}})

    slug = person(app, "alice").invoice("p1").json["pay_url"].rpartition("$")[2]
    ask("of-another-bot")
    page.evaluate(tell, {"eventType": "web_app_expand", "eventData": {}})
    ask(slug)
    ask(slug)
    page.frame_locator("dialog iframe").locator("button[value=paid]").click()
    page.wait_for_function("heard.length === 2")

    opened = [
        ["invoice_closed", {"slug": slug, "status": status}] for status in ("cancelled", "paid")
    ]
    assert page.evaluate("heard") == opened
    assert page.evaluate("told") == [
        ["web_app_open_invoice", '{"slug":"of-another-bot"}'],
        ["web_app_expand", "{}"],
    ]


def test_where_no_client_is_an_app_still_learns_how_it_looks(
    make_app: MakeApp, serve_app: Callable[[Any], str], open_page: Callable[..., Page]
) -> None:
    service = serve_app(make_app())
    script = f"<script src='{service}/mock/telegram-web-app.js'></script>"
    address = serve_app(lambda environ, start: site(HEAD + script)(environ, start))
    page = open_page(address)
    page.evaluate("window.heard = []; onmessage = ({ data }) => heard.push(JSON.parse(data)); 0")
    for name in ("theme", "viewport", "safe_area", "content_safe_area", "nothing_known"):
        page.evaluate(POST, {"eventType": f"web_app_request_{name}"})
    heard = page.evaluate("heard.map((message) => message.eventType)")
    assert heard == [
        "theme_changed",
        "viewport_changed",
        "safe_area_changed",
        "content_safe_area_changed",
    ]
