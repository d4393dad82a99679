"""G30, G32, G35, G36: the pages in a real Chromium, as people use them. Left out, and said so, where there is none."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from harness.people import Person
from harness.waiting import eventually
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Response

PASSWORD = {"username": "staff", "password": "let me in"}


def launch(playwright: Playwright) -> Browser | None:
    """A Chromium of the system, or one that `playwright install chromium` has fetched, if there is one."""
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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser; without one the test is left out."""
    with sync_playwright() as playwright:
        browser = launch(playwright) or pytest.skip(
            "no Chromium: apt install chromium, or playwright install chromium"
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page that tells nothing wrong: an error or a warning in its console fails the test."""
    contexts, complaints = [], []

    def open_one(address: str, **options: Any) -> Page:
        contexts.append(chromium.new_context(**{"locale": "en-US"} | options))
        contexts[-1].set_default_timeout(15_000)
        page = contexts[-1].new_page()
        page.on(
            "console",
            lambda line: line.type in ("error", "warning") and complaints.append(line.text),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def serve_app() -> Iterator[Callable[[Any], str]]:
    """Serve a WSGI app over real HTTP, on a port of its own: serve_app(app), its address."""
    servers: list[BaseWSGIServer] = []

    def start(app: Any) -> str:
        servers.append(make_server("127.0.0.1", 0, app, threaded=True))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


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


@pytest.fixture
def shop(make_app: Callable[..., Any], serve_app: Callable[[Any], str]) -> Shop:
    return Shop(make_app, serve_app)


LISTEN = """() => { window.told = []; Telegram.WebApp.onEvent('invoiceClosed', (data) => told.push(data)); }"""


def start_buying(page: Page) -> Any:
    """Press the first thing to buy; the sheet that opens."""
    page.evaluate(LISTEN)
    page.click("[data-item]")
    sheet = page.frame_locator("dialog iframe")
    sheet.locator("html.framed button.main").wait_for()  # its script has run
    return sheet


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("paid", "succeeded"),
        ("failed", "failed"),
        ("cancelled", "pending"),
        ("pending", "pending"),
    ],
)
def test_g32_each_outcome_reaches_the_app_once(
    shop: Shop,
    open_page: Callable[..., Page],
    sql: psycopg.Connection[Any],
    outcome: str,
    status: str,
) -> None:
    page = open_page(shop.address)
    start_buying(page).locator(f"button[value={outcome}]").click()

    page.wait_for_selector(f"#log li.{status}")
    assert f"openInvoice said {outcome}" in page.inner_text("#log li")
    assert (
        page.locator("dialog, #log li").count() == 1
    )  # the sheet is gone, and there was one callback
    [(pay_url, stored)] = sql.execute("SELECT pay_url, status FROM purchases").fetchall()
    assert page.evaluate("told") == [{"url": pay_url, "status": outcome}]
    assert stored == status


@pytest.mark.parametrize("leave", ["in the sheet", "on the app", "beside the sheet"])
def test_g32_leaving_the_sheet_is_cancelling(
    shop: Shop, open_page: Callable[..., Page], leave: str
) -> None:
    page = open_page(shop.address)
    sheet = start_buying(page)
    if leave == "in the sheet":
        sheet.locator("button.main").press("Escape")
    elif leave == "on the app":
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Escape")
    else:
        page.mouse.click(5, 5)
    page.wait_for_selector("#log li.pending")
    assert page.evaluate("told.map((data) => data.status)") == ["cancelled"]
    assert page.locator("dialog").count() == 0
    assert (
        page.evaluate("document.activeElement.dataset.item") == "golden-sword"
    )  # where the buyer was before
    start_buying(page).locator("button[value=paid]").click()  # and it can be opened again
    page.wait_for_selector("#log li.succeeded")


def test_g32_only_the_service_is_believed_and_one_sheet_is_open(
    shop: Shop, open_page: Callable[..., Page]
) -> None:
    page = open_page(shop.address)
    sheet = start_buying(page)
    page.evaluate("postMessage({event: 'stars_invoice', status: 'paid', ended: true}, '*')")
    assert (
        page.evaluate("""() => new Promise((resume) => {
        addEventListener('message', () => setTimeout(() => resume(told.length)));
        postMessage('after the forged one', '*');
    })""")
        == 0
    )
    assert (
        page.evaluate("""() => {
        try { Telegram.WebApp.openInvoice(document.querySelector('iframe').src) } catch (error) { return error.message }
    }""")
        == "WebAppInvoiceOpened"
    )
    sheet.locator("button[value=failed]").click()
    page.wait_for_selector("#log li.failed")


TELEGRAM = """<!doctype html><title>App</title><link rel="icon" href="data:,"><script>
    const listeners = {};
    const real = { initData: 'query_id=1', openInvoice: (...all) => (window.passedOn = all), onEvent: (type, heard) => {
        (listeners['webview:' + type] ??= []).push(heard); } };
    window.before = { ...real };
    window.Telegram = { WebApp: real,
        WebView: { callEventCallbacks: (type, call) => (listeners[type] ?? []).forEach(call) } };
</script><script src="SERVICE/mock/telegram-web-app.js"></script>"""


def test_g32_telegrams_own_script_stays_as_it_is_but_for_our_invoices(
    make_app: Callable[..., Any],
    serve_app: Callable[[Any], str],
    open_page: Callable[..., Page],
    alice: Person,
) -> None:
    pages: dict[str, str] = {}
    address = serve_app(lambda environ, start: site(pages["app"])(environ, start))
    service = serve_app(make_app(cors_origins=(address,), public_url=None))
    pages["app"] = TELEGRAM.replace("SERVICE", service)
    page = open_page(address)
    assert page.evaluate(
        "Object.keys(Telegram.WebApp).filter((name) => Telegram.WebApp[name] !== before[name])"
    ) == ["openInvoice", "offEvent"]  # the second was not there

    page.evaluate("Telegram.WebApp.openInvoice('https://t.me/$abc', 'callback')")
    assert page.evaluate("passedOn") == ["https://t.me/$abc", "callback"]

    page.evaluate(LISTEN)
    link = alice.invoice("p1").json["pay_url"].replace("http://localhost", service)
    page.evaluate(
        "(link) => Telegram.WebApp.openInvoice(link, (status) => told.push(status))", link
    )
    page.frame_locator("iframe").locator("button[value=paid]").click()
    page.wait_for_function("told.length === 2")
    assert page.evaluate("told") == ["paid", {"url": link, "status": "paid"}]


@pytest.mark.parametrize(
    ("locale", "scheme", "script", "pay", "paid"),
    [
        ("en-US", "light", True, "Pay", "Paid"),
        ("ru-RU", "dark", True, "Оплатить", "Оплачено"),
        ("en-US", "dark", False, "Pay", "Paid"),
        ("ru-RU", "light", False, "Оплатить", "Оплачено"),
    ],
)
def test_g30_the_payment_works_with_keys_alone_and_without_javascript(
    app: Any,
    serve_app: Callable[[Any], str],
    open_page: Callable[..., Page],
    alice: Person,
    locale: str,
    scheme: Any,
    script: bool,
    pay: str,
    paid: str,
) -> None:
    link = alice.invoice("p1").json["pay_url"].replace("http://localhost", serve_app(app))
    page = open_page(
        link,
        locale=locale,
        color_scheme=scheme,
        java_script_enabled=script,
        viewport={"width": 360, "height": 640},
    )
    page.keyboard.press("Tab")
    assert pay in page.locator(":focus").inner_text()
    page.keyboard.press("Enter")
    assert page.locator("[role=status]").inner_text() == paid
    assert alice.get("p1").json["status"] == "succeeded"
    ground = (
        page.locator("main").evaluate("(main) => getComputedStyle(main).backgroundColor")
        if script
        else None
    )
    assert ground in (None, {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 36, 45)"}[scheme])


def test_the_console_shows_what_comes_in_and_acts(
    shop: Shop, open_page: Callable[..., Page], alice: Person
) -> None:
    alice.invoice("p1")
    page = open_page(f"{shop.service}/console", http_credentials=PASSWORD)
    alice.invoice("p2")
    page.click(
        "tr.fresh a >> text=p2"
    )  # it came in without a reload: the click is in the very page
    page.go_back()
    page.wait_for_selector("#rows tr >> nth=1")

    page.goto(f"{shop.service}/console/purchases/p2")
    page.evaluate("window.sameDocument = true")
    alice.purchase("p2")
    page.wait_for_selector("li.purchase_succeeded")
    assert page.evaluate("window.sameDocument")
    page.click("#fail")
    page.wait_for_selector("#reopen")
    assert alice.history("p2") == [
        "purchase_invoice_created",
        "purchase_succeeded",
        "purchase_failed",
    ]

    page.goto(f"{shop.service}/console/outcomes")
    page.fill("[name=user_id]", "alice")
    page.click("button.main")
    page.wait_for_selector("[name=clear]")
    assert alice.purchase("p1").json["status"] == "failed"
    page.wait_for_selector("text=Nothing is armed")


def visit(shop: Shop, alice: Person) -> dict[str, str]:
    """Every page there is, with something on it."""
    open_one = alice.invoice("p1", metadata={"campaign": "spring"}).json["pay_url"]
    paid = alice.invoice("p2", item_id="double-speed", purchase_type="boost").json["pay_url"]
    alice.purchase("p2")
    return {
        "pay": open_one.replace("http://localhost", shop.service),
        "paid": paid.replace("http://localhost", shop.service),
        "demo": f"{shop.service}/mock/demo",
        "console": f"{shop.service}/console",
        "purchase": f"{shop.service}/console/purchases/p2",
        "outcomes": f"{shop.service}/console/outcomes",
        "funnel": f"{shop.service}/console/funnel",
    }


FETCHED = "performance.getEntries().reduce((bytes, entry) => bytes + (entry.transferSize ?? 0), 0)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_g36_every_page_is_light_and_can_be_used_by_everybody(
    shop: Shop, open_page: Callable[..., Page], alice: Person, scheme: Any
) -> None:
    for name, address in visit(shop, alice).items():
        page = open_page(address, color_scheme=scheme, http_credentials=PASSWORD)
        assert 1000 < page.evaluate(FETCHED) < 50_000, name
        found = Axe().run(page).response["violations"]
        serious = [
            (rule["id"], [node["html"] for node in rule["nodes"]])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
        assert serious == [], name
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1], name
        page.set_viewport_size({"width": 360, "height": 640})
        eventually(lambda page=page: page.evaluate("document.documentElement.scrollWidth") <= 360)
