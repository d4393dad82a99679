"""A real browser and the demo shop that it opens."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright
from werkzeug.wrappers import Response

PASSWORD = {"username": "staff", "password": "let me in"}


def launch(playwright: Playwright) -> Browser | None:
    """Return a Chromium of the system, or the one that playwright has fetched, if there is one."""
    found = (
        shutil.which("chromium")
        or shutil.which("google-chrome")
        or playwright.chromium.executable_path
    )
    if not Path(found).exists():
        return None
    return playwright.chromium.launch(
        executable_path=found, args=["--no-sandbox"] if os.geteuid() == 0 else []
    )


def site(html: str) -> Any:
    """A front end of one page, somewhere else."""
    return Response(html, mimetype="text/html")


class Shop:
    """The demo of a service, served from another origin than the service's, as a front end is."""

    def __init__(self, make_app: Callable[..., Any], serve_app: Callable[[Any], str]) -> None:
        pages: dict[str, str] = {}
        self.address = serve_app(lambda environ, start: site(pages["demo"])(environ, start))
        self.app = make_app(cors_origins=(self.address,), console_password=PASSWORD["password"])
        self.service = serve_app(self.app)
        demo = self.app.test_client().get("/mock/demo").text
        pages["demo"] = demo.replace('"../static/', f'"{self.service}/static/').replace(
            '"telegram-web-app.js"', f'"{self.service}/mock/telegram-web-app.js"'
        )


LISTEN = """() => {
    window.told = [];
    Telegram.WebApp.onEvent('invoiceClosed', (data) => told.push(data));
}"""


def start_buying(page: Page) -> Any:
    """Press the first thing to buy; the sheet that opens."""
    page.evaluate(LISTEN)
    page.click("[data-item]")
    sheet = page.frame_locator("dialog iframe")
    sheet.locator("html.framed button.main").wait_for()  # its script has run
    return sheet
