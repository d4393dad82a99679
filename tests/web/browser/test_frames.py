"""F4: the sheet shows wherever the app does: in Telegram's web client, and in an isolated game."""

from collections.abc import Callable
from typing import Any

import pytest
from harness.browser import site
from harness.types import MakeApp
from playwright.sync_api import Page, Route

ISOLATED = """<!doctype html><title>Game</title><link rel="icon" href="data:,">
    <script src="SERVICE/mock/telegram-web-app.js"></script>"""
OPEN = """(link) => new Promise((resume) => Telegram.WebApp.openInvoice(link, resume))"""


@pytest.mark.parametrize("policy", ["require-corp", "credentialless"])
def test_f4_an_isolated_page_loads_the_script_and_shows_the_sheet(
    make_app: MakeApp,
    serve_app: Callable[[Any], str],
    open_page: Callable[..., Page],
    policy: str,
) -> None:
    """Godot and Unity need such pages, since only they may share memory among threads."""
    pages: dict[str, str] = {}

    def game(environ: Any, start: Any) -> Any:
        answer = site(pages["game"])
        answer.headers["Cross-Origin-Embedder-Policy"] = policy
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return answer(environ, start)

    # By its name and by its address, this machine is two sites.
    address = serve_app(game).replace("127.0.0.1", "localhost")
    service = serve_app(make_app(cors_origins=(address,)))
    pages["game"] = ISOLATED.replace("SERVICE", service)
    page = open_page(address)
    assert page.evaluate("crossOriginIsolated") is True

    link = page.evaluate(
        """async (service) => {
            const body = { purchase_id: "p1", item_id: "sword", price_stars: 5 };
            const headers = { "X-User-Id": "alice", "Content-Type": "application/json" };
            const sent = { method: "POST", headers, body: JSON.stringify(body) };
            const answer = await fetch(`${service}/api/v1/purchase/invoice`, sent);
            return (await answer.json()).pay_url;
        }""",
        service,
    )
    page.evaluate(f"(link) => {{ window.said = ({OPEN})(link) }}", link)
    page.frame_locator("iframe").locator("button[value=failed]").click()
    assert page.evaluate("said") == "failed"


CLIENT = """<!doctype html><title>Telegram Web</title><link rel="icon" href="data:,">
    <iframe src="https://stars.example/mock/demo" width="400" height="700"></iframe>"""


@pytest.mark.parametrize("host", ["web.telegram.org", "webk.telegram.org"])
def test_f4_telegrams_web_client_frames_the_app_that_frames_the_sheet(
    make_app: MakeApp,
    serve_app: Callable[[Any], str],
    open_page: Callable[..., Page],
    host: str,
) -> None:
    service = serve_app(make_app(public_url="https://stars.example"))

    def forward(route: Route) -> None:
        """Do what the proxy does that stands before the service."""
        address = route.request.url.replace("https://stars.example", service)
        route.fulfill(response=route.fetch(url=address, max_redirects=0))

    page = open_page("about:blank")
    page.route("https://stars.example/**", forward)
    page.route(
        f"https://{host}/", lambda route: route.fulfill(body=CLIENT, content_type="text/html")
    )
    page.goto(f"https://{host}/")

    app = page.frame_locator("iframe")
    app.locator("[data-item]").first.click()
    app.frame_locator("dialog iframe").locator("button[value=paid]").click()
    app.locator("#log li.succeeded").wait_for()
