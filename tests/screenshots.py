"""Takes the pictures that the README shows: `python tests/screenshots.py`. No test."""

import sys
import tempfile
import threading
from pathlib import Path

from harness.browser import launch
from harness.constants import ROOT, SWORD
from harness.people import person
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from stars.config import Settings
from stars.database import embedded
from stars.database.migrate import migrate
from stars.factory import create_app

DOCS = ROOT / "docs" / "images"
PHONE, SCREEN = {"width": 390, "height": 620}, {"width": 1200, "height": 760}


def main() -> None:
    """Serve a mock with a month of made-up purchases, and photograph its pages."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = launch(playwright) or sys.exit(
            "no Chromium: apt install chromium, or playwright install chromium"
        )
        app = create_app(
            Settings(
                mode="mock", database_url=embedded.start(Path(place) / "data"), log_level="WARNING"
            )
        )
        db = app.extensions["stars"].db
        migrate(db)
        app.test_cli_runner().invoke(args=["db", "seed", "30000", "--seed", "1"])
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        service = f"http://127.0.0.1:{server.port}"

        alice = person(app, "alice")
        link = alice.invoice("order-1001", **SWORD, source="shop", channel="main-menu").json[
            "pay_url"
        ]
        link = link.replace("http://localhost", service)
        alice.invoice(
            "order-1002", item_id="double-speed", price_stars=25, purchase_type="boost", source="ad"
        )
        app.test_client().post("/console/purchases/order-1002", data={"action": "fail"})
        alice.invoice("order-1002", item_id="double-speed", price_stars=25, purchase_type="boost")
        alice.purchase("order-1002")

        for name, address, size, options in (
            ("pay", link, PHONE, {"locale": "en-US"}),
            ("pay-dark", link, PHONE, {"locale": "ru-RU", "color_scheme": "dark"}),
            ("console", f"{service}/console", SCREEN, {}),
            (
                "purchase",
                f"{service}/console/purchases/order-1002",
                SCREEN,
                {"color_scheme": "dark"},
            ),
            ("funnel", f"{service}/console/funnel", {"width": 1200, "height": 1240}, {}),
            ("demo", f"{service}/mock/demo", PHONE, {}),
        ):
            page = browser.new_page(viewport=size, **options)
            page.goto(address)
            if name == "demo":
                page.click("[data-item=dragon-skin]")
                page.frame_locator("iframe").locator("button.main").wait_for()
            if name == "console":
                page.locator("#totals strong").first.wait_for()
            page.screenshot(path=DOCS / f"{name}.png")
        browser.close()
        server.shutdown()
        db.close()


if __name__ == "__main__":
    main()
