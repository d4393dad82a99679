"""Front ends made with the libraries of the field open invoices, none of them changed."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.constants import LIVE, ROOT
from harness.node import install, without_node
from harness.people import Person, person
from harness.simulator import Sim, simulator, webhook
from harness.types import MakeApp
from playwright.sync_api import Browser, FrameLocator, Page, Route
from werkzeug.wrappers import Response

HERE = ROOT / "tests" / "web" / "browser" / "libraries"
LIBRARIES = ("tma", "telegram-apps", "twa-dev")
BEFORE = '<script src="MOCK"></script><script type="module" src="/bundle.js"></script><p>'
AFTER = '<p><script src="/bundle.js"></script><script src="MOCK"></script>'
LAUNCHED = "#tgWebAppPlatform=weba&tgWebAppThemeParams=%7B%7D&tgWebAppVersion=9.1"
PAY = "(link) => { pay(link).then((status) => { window.said = status; }); }"

pytestmark = without_node


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Each front end as one script, as a browser gets it, by its library."""
    esbuild = install(HERE) / ".bin" / "esbuild"
    folder = tmp_path_factory.mktemp("bundles")
    sources = [HERE / f"{library}.js" for library in LIBRARIES]
    words = [esbuild, *sources, "--bundle", "--log-level=warning", f"--outdir={folder}"]
    subprocess.run(words, check=True)
    return {name: (folder / f"{name}.js").read_text(encoding="utf-8") for name in LIBRARIES}


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in which nothing goes wrong; libraries may warn of what a mock has not."""
    errors: list[str] = []
    context = chromium.new_context(locale="en-US")
    context.set_default_timeout(30_000)
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


@pytest.fixture
def sim() -> Iterator[Sim]:
    """A simulator whose links are Telegram's, with a bot that approves."""
    with simulator() as sim, webhook() as hook:
        sim.act("settings", link_base="https://t.me")
        sim.hook(hook)
        yield sim


class FrontEnd:
    """A front end made with a library, on a server of its own."""

    def __init__(self, serve_app: Callable[[Any], str], bundle: str) -> None:
        self.bundle = bundle
        self.scripts = ""
        self.address = serve_app(self)

    def __call__(self, environ: Any, start: Any) -> Any:
        if environ["PATH_INFO"] == "/bundle.js":
            return Response(self.bundle, mimetype="text/javascript")(environ, start)
        head = '<!doctype html><title>App</title><link rel="icon" href="data:,">'
        return Response(head + self.scripts, mimetype="text/html")(environ, start)

    def load(self, scripts: str, service: str) -> None:
        """Load the mock's script and the library in this order."""
        self.scripts = scripts.replace("MOCK", f"{service}/mock/telegram-web-app.js")


def link_of(alice: Person, purchase_id: str) -> str:
    link = str(alice.invoice(purchase_id).json["pay_url"])
    assert link.startswith("https://t.me/$mock_")
    return link


def pays_in(sheet: FrameLocator) -> None:
    sheet.locator("html.framed button[value=paid]").click()


def leave(page: Page) -> None:
    """Press beside the sheet."""
    page.locator("dialog").click(position={"x": 2, "y": 2})


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("scripts", [BEFORE, AFTER], ids=["before", "after"])
def test_a_library_opens_the_mocks_invoices(
    make_app: MakeApp,
    serve_app: Callable[[Any], str],
    bundles: dict[str, str],
    page: Page,
    library: str,
    scripts: str,
) -> None:
    front_end = FrontEnd(serve_app, bundles[library])
    app = make_app(mock_links="t.me", cors_origins=(front_end.address,))
    front_end.load(scripts, serve_app(app))
    alice = person(app, "alice")
    page.goto(front_end.address)

    page.evaluate(PAY, link_of(alice, "p1"))
    pays_in(page.frame_locator("dialog iframe"))
    page.wait_for_function("window.said === 'paid'")
    assert alice.get("p1").json["status"] == "succeeded"

    page.evaluate(PAY, link_of(alice, "p2"))
    leave(page)
    page.wait_for_function("window.said === 'cancelled'")


def forward(page: Page, public: str, address: str) -> None:
    """Do what a proxy does that stands before a server.

    It follows redirects itself: the browser would follow them to where nobody is.
    """

    def answer(route: Route) -> None:
        url = route.request.url.replace(public, address)
        route.fulfill(response=route.fetch(url=url))

    page.route(f"{public}/**", answer)


# Of the client's own site: to a page of another the browser gives no storage, which libraries need.
APP = "https://app.telegram.org"
CLIENT = """<!doctype html><title>Telegram Web</title><link rel="icon" href="data:,">
    <script>window.came = []; onmessage = ({ data }) => came.push(JSON.parse(data).eventType);
    </script><iframe width="400" height="700" src="APP"></iframe>"""


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_opens_the_mocks_invoices_in_telegrams_web_client(
    make_app: MakeApp,
    serve_app: Callable[[Any], str],
    bundles: dict[str, str],
    page: Page,
    library: str,
) -> None:
    """The client is asked for everything else, but never for an invoice of the mock."""
    front_end = FrontEnd(serve_app, bundles[library])
    app = make_app(mock_links="t.me", cors_origins=(APP,))
    front_end.load(BEFORE, "https://stars.example")
    client = CLIENT.replace("APP", f"{APP}/{LAUNCHED}")
    forward(page, APP, front_end.address)
    forward(page, "https://stars.example", serve_app(app))
    page.route(
        "https://web.telegram.org/",
        lambda route: route.fulfill(body=client, content_type="text/html"),
    )
    page.goto("https://web.telegram.org/")
    mini_app = page.frames[1]
    mini_app.wait_for_function("() => 'pay' in window")

    mini_app.evaluate(PAY, link_of(person(app, "alice"), "p1"))
    pays_in(page.frame_locator("iframe").frame_locator("dialog iframe"))
    mini_app.wait_for_function("window.said === 'paid'")
    came = page.evaluate("came")
    assert "iframe_ready" in came
    assert "web_app_open_invoice" not in came


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_opens_the_simulators_invoices_in_a_rehearsal(
    make_app: MakeApp,
    serve_app: Callable[[Any], str],
    bundles: dict[str, str],
    page: Page,
    sim: Sim,
    library: str,
) -> None:
    front_end = FrontEnd(serve_app, bundles[library])
    app = make_app(**LIVE, telegram_api_url=sim.address)
    front_end.load(BEFORE, serve_app(app))
    sim.user(60)
    page.goto(front_end.address)
    sheet = page.frame_locator("dialog iframe")

    page.evaluate(PAY, sim.link())
    sheet.get_by_role("button", name="Pay").click()
    page.wait_for_function("window.said === 'paid'")
    assert sim.balance() == 50

    page.evaluate(PAY, sim.link())
    sheet.get_by_role("button", name="Pay").click()
    sheet.get_by_text("has too few Stars").wait_for()
    leave(page)
    page.wait_for_function("window.said === 'failed'")


def block(page: str, language: str) -> str:
    """Return the first block of code in this language."""
    return page.partition(f"```{language}\n")[2].partition("```")[0]


def test_the_front_end_of_the_documentation_sells(
    make_app: MakeApp, serve_app: Callable[[Any], str], page: Page, tmp_path: Path
) -> None:
    """Made of the page's own lines with tma.js and clients/js, in the mock."""
    documentation = (ROOT / "docs" / "front-end.md").read_text(encoding="utf-8")
    _, _, section = documentation.partition("## From nothing")
    bundle = tmp_path / "bundle.js"
    front_end = FrontEnd(serve_app, "")
    service = serve_app(make_app(mock_links="t.me", cors_origins=(front_end.address,)))
    html, script = (
        block(section, language).replace("http://127.0.0.1:8000", service)
        for language in ("html", "js")
    )
    front_end.scripts = html.replace("/src/main.js", "/bundle.js")
    client = f"--alias:telegram-stars-client={ROOT / 'clients' / 'js' / 'src' / 'index.js'}"
    esbuild = install(HERE) / ".bin" / "esbuild"
    words = [esbuild, "--bundle", "--format=esm", client, f"--outfile={bundle}"]
    subprocess.run([*words, "--log-level=warning"], input=script, text=True, check=True, cwd=HERE)
    front_end.bundle = bundle.read_text(encoding="utf-8")
    page.goto(front_end.address)

    page.click("#buy")
    pays_in(page.frame_locator("dialog iframe"))
    page.wait_for_selector("#now >> text=succeeded")
