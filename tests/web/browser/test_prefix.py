"""F4: everything works under a path of another's, whether the proxy before it says so or not."""

from collections.abc import Callable
from typing import Any

import pytest
from harness.browser import start_buying
from harness.people import Person
from harness.types import MakeApp
from playwright.sync_api import Page
from werkzeug.wrappers import Response

PREFIX = "/apps/stars"


def behind_prefix(app: Any, *, told: bool) -> Any:
    """Return what a proxy shows that takes PREFIX off, and tells the app so or not."""

    def proxy(environ: Any, start: Any) -> Any:
        path = environ["PATH_INFO"]
        if not path.startswith(f"{PREFIX}/"):
            return Response("another's", 404)(environ, start)
        environ["PATH_INFO"] = path.removeprefix(PREFIX)
        if told:
            environ["SCRIPT_NAME"] = PREFIX
        return app(environ, start)

    return proxy


@pytest.fixture(params=[True, False], ids=["told", "not told"])
def address(request: Any, make_app: MakeApp, serve_app: Callable[[Any], str]) -> str:
    """The service under a prefix. Not told of it, it needs PUBLIC_URL."""
    served: dict[str, Any] = {}
    outside = serve_app(lambda environ, start: served["proxy"](environ, start)) + PREFIX
    app = make_app(public_url=None if request.param else outside)
    served["proxy"] = behind_prefix(app, told=request.param)
    return outside


def test_f4_docs_show_every_call_and_execute_it(
    address: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{address}/docs")
    call = page.locator("#operations-purchase-post_api_v1_purchase_invoice")
    call.locator(".opblock-summary-control").click()
    call.locator("button.execute").click()
    call.locator(".live-responses-table .response-col_status >> text=201").wait_for()
    assert f"{address}/api/v1/purchase/invoice" in call.locator(".request-url").inner_text()


def test_f4_the_demo_buys(address: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{address}/mock/demo")
    start_buying(page).locator("button[value=paid]").click()
    page.wait_for_selector("#log li.succeeded")


def test_f4_the_console_leads_everywhere(
    address: str, open_page: Callable[..., Page], alice: Person
) -> None:
    alice.invoice("p1")
    page = open_page(f"{address}/console")
    page.click("#rows a")
    page.click("#fail")
    page.wait_for_selector("#reopen")
    assert page.url == f"{address}/console/purchases/p1?done=fail"
    for tab in ("Funnel", "Outcomes", "Purchases"):
        page.click(f"nav a >> text={tab}")
        page.wait_for_selector("[aria-current=page]")
    assert page.url == f"{address}/console"
