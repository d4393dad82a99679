"""F4: behind two proxies, and behind a path prefix, in front of gunicorn as the Procfile has it."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from harness.constants import API, SWORD
from harness.servers import Served
from harness.types import Serve

from stars.web import forwarded

OUTSIDE = "https://shop.example"
PREFIX = "/stars"
ASSET = re.compile(r'(?:src|href)="([^"#]+)"')
HTTPS = [
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Protocol": "https"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Protocol": "http", "X-Forwarded-Ssl": "off"},
    {"X-Forwarded-Proto": "https,http"},
    {"X-Forwarded-Proto": "HTTPS, http"},
    {"X-Forwarded-Protocol": "ssl"},
    {"X-Forwarded-Ssl": "on"},
]
HTTP = [
    {},
    {"X-Forwarded-Proto": "http"},
    {"X-Forwarded-Proto": "http,https"},
    {"X-Forwarded-Proto": ""},
]
NO_PREFIXES = ["//evil.example", "https://evil.example", "/a b", "stars", "/", "/..", "/a/../.."]
ENVIRONMENTS = {
    "SCRIPT_NAME": {"SCRIPT_NAME": PREFIX},
    "PUBLIC_URL": {"PUBLIC_URL": OUTSIDE + PREFIX},
    "both": {"SCRIPT_NAME": PREFIX, "PUBLIC_URL": OUTSIDE + PREFIX},
}


def link(served: Served, purchase_id: str, headers: dict[str, str]) -> str:
    """The link to pay, as whoever asks through proxies gets it."""
    order = SWORD | {"purchase_id": purchase_id}
    sent = {"Host": "shop.example", "X-User-Id": "alice", **headers}
    answer = requests.post(f"{served.address}{API}/invoice", json=order, headers=sent, timeout=30)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["pay_url"])


def assert_whole(served: Served, page: str, headers: dict[str, str], strips: bool) -> None:
    """Open a page under PREFIX through a proxy, and all that it shows, and expect it to be there.

    `strips`: the proxy takes PREFIX off the path.
    """

    def fetch(path: str) -> requests.Response:
        assert path.startswith(f"{PREFIX}/"), f"{page} leads out to {path}"
        inside = path.removeprefix(PREFIX) if strips else path
        return requests.get(served.address + inside, headers=headers, timeout=30)

    shown = fetch(page)
    assert shown.status_code == 200, (page, shown.text)
    assets = [found for found in ASSET.findall(shown.text) if "." in found and ":" not in found]
    assert assets
    for asset in assets:
        assert fetch(urljoin(page, asset)).status_code == 200, asset


def assert_all_pages_are_whole(served: Served, pay_url: str, headers: dict[str, str]) -> None:
    for strips in (True, False):
        for page in ("/docs", "/console", urlsplit(pay_url).path.removeprefix(PREFIX)):
            assert_whole(served, PREFIX + page, headers, strips)


def test_f4_links_have_the_scheme_of_the_client_however_proxies_tell_it(
    url: str, serve: Serve
) -> None:
    """A link is stored: one that begins with http leads a Mini App nowhere for ever."""
    served = serve(DATABASE_URL=url)
    for number, headers in enumerate(HTTPS):
        assert link(served, f"s{number}", headers).startswith(f"{OUTSIDE}/"), headers
    for number, headers in enumerate(HTTP):
        assert link(served, f"p{number}", headers).startswith("http://shop.example/"), headers


def test_f4_a_proxy_may_say_under_which_path_the_service_stands(url: str, serve: Serve) -> None:
    served = serve(DATABASE_URL=url)
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": PREFIX}
    pay_url = link(served, "p1", headers)
    assert pay_url.startswith(f"{OUTSIDE}{PREFIX}/")
    assert_all_pages_are_whole(served, pay_url, headers)


def test_f4_what_is_no_path_is_no_prefix(url: str, serve: Serve) -> None:
    served = serve(DATABASE_URL=url)
    for number, prefix in enumerate(NO_PREFIXES):
        pay_url = link(served, f"p{number}", {"X-Forwarded-Prefix": prefix})
        assert pay_url.startswith("http://shop.example/mock/pay/"), prefix


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_f4_the_environment_may_say_it(environment: dict[str, str], url: str, serve: Serve) -> None:
    """Who asks the service itself, as a platform does for its health, needs no prefix."""
    served = serve(DATABASE_URL=url, **environment)
    headers = {"X-Forwarded-Proto": "https"}
    pay_url = link(served, "p1", headers)
    assert pay_url.startswith(f"{OUTSIDE}{PREFIX}/")
    assert_all_pages_are_whole(served, pay_url, headers)
    assert served.answers("/livez")
    assert served.answers(f"{PREFIX}/livez")


def test_f4_a_stranger_in_development_is_no_proxy() -> None:
    """Only this machine is, where the service may be open to a whole network."""
    environ = {
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.url_scheme": "http",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/stars/docs",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_PREFIX": "/stars",
    }
    told = dict(environ)
    forwarded.settle(told, prefix="", trusts_anybody=False)
    assert told == environ
