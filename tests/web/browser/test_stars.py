"""The page of Stars in a real browser: on a phone and a desktop, light and dark."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from harness.live import live_app
from harness.transactions import list_months
from harness.types import Sql
from harness.waiting import eventually
from playwright.sync_api import Page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_stars_can_be_used_by_everybody(
    url: str,
    sql: Sql,
    serve_app: Callable[[Any], str],
    open_page: Callable[..., Page],
    scheme: Any,
) -> None:
    list_months(sql, 40)
    app = live_app(url, "http://127.0.0.1:1")
    page = open_page(f"{serve_app(app)}/console/stars", color_scheme=scheme)
    page.get_by_role("heading", name="What came in and went out").wait_for()
    found = Axe().run(page).response["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
    page.set_viewport_size({"width": 360, "height": 640})
    eventually(lambda: page.evaluate("document.documentElement.scrollWidth") <= 360)
    page.get_by_role("link", name="By month").click()
    page.get_by_role("cell", name="2", exact=False).first.wait_for()
    app.extensions["stars"].db.close()
