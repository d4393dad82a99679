"""F1: proxies in the environment: this machine is reached without, and a useless one is named."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from harness.constants import BOT_TOKEN, WEBHOOK_SECRET
from harness.proxies import counting_proxy, socks_proxy
from harness.simulator import Sim, simulator
from harness.start import FLASK, run

from stars.live.telegram import Telegram
from stars.proxies import ProxyError, proxy_for

TELEGRAM = "https://api.telegram.org"
EVERY_PROXY = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
LIVE = {
    "TELEGRAM_STARS_ENABLED": "true",
    "TELEGRAM_BOT_TOKEN": BOT_TOKEN,
    "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
}


@pytest.fixture
def sim() -> Iterator[Sim]:
    """A simulator of Telegram on this machine, and one bot of it."""
    with simulator() as sim:
        yield sim


@pytest.fixture(autouse=True)
def no_proxies_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EVERY_PROXY:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_f1_what_is_on_this_machine_is_reached_without_a_proxy(
    monkeypatch: pytest.MonkeyPatch, sim: Sim, name: str
) -> None:
    with counting_proxy() as proxy:
        monkeypatch.setenv(name, f"http://{proxy.address}")
        telegram = Telegram(sim.token, sim.address)
        telegram.call("getMe")
        telegram.close()
        assert proxy.callers == []


@pytest.mark.parametrize("scheme", ["socks", "socks5", "socks5h", "SOCKS5"])
def test_f1_a_socks_proxy_leads_to_telegram(
    monkeypatch: pytest.MonkeyPatch, sim: Sim, scheme: str
) -> None:
    address = urlsplit(sim.address)
    with socks_proxy((address.hostname or "", address.port or 0)) as proxy:
        monkeypatch.setenv("all_proxy", f"{scheme}://{proxy.address}")
        telegram = Telegram(sim.token, "http://telegram.example")
        telegram.call("getMe")
        telegram.close()
        assert proxy.asked == ["telegram.example"]


@pytest.mark.parametrize(
    "value",
    ["socks4://hidden@127.0.0.1:1", "ftp://hidden", "http://", "http://hidden:no-port", "://"],
)
@pytest.mark.parametrize("name", ["https_proxy", "ALL_PROXY"])
def test_f1_a_proxy_that_cannot_be_used_is_named_at_start(
    tmp_path: Path, name: str, value: str
) -> None:
    environment = LIVE | {name: value, "DATABASE_URL": "postgres:///x"}
    refused = run(*FLASK, "telegram", "check", cwd=tmp_path, **environment)
    assert refused.returncode == 2
    head, line = refused.stderr.splitlines()
    assert head == "the configuration cannot work:"
    assert line.split()[0] == name
    assert "hidden" not in line


def test_f1_where_nothing_outside_is_asked_no_proxy_matters(tmp_path: Path) -> None:
    done = run(*FLASK, "db", "status", cwd=tmp_path, all_proxy="socks4://127.0.0.1:9")
    assert (done.returncode, done.stderr) == (0, "")


def test_f1_a_proxy_is_chosen_as_curl_would(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_for(TELEGRAM) is None
    monkeypatch.setenv("ALL_PROXY", "proxy.example:3128")
    assert proxy_for(TELEGRAM) == "http://proxy.example:3128"
    monkeypatch.setenv("HTTPS_PROXY", "http://a:b@other.example")
    assert proxy_for(TELEGRAM) == "http://a:b@other.example"
    for own in (
        "http://localhost:1",
        "http://127.0.0.2",
        "http://[::1]:8081",
        "http://a.localhost",
    ):
        assert proxy_for(own) is None
    for exception in (
        "*",
        "telegram.org",
        ".telegram.org",
        "x, api.telegram.org",
        "*.telegram.org",
    ):
        monkeypatch.setenv("no_proxy", exception)
        assert proxy_for(TELEGRAM) is None
    monkeypatch.setenv("no_proxy", "gram.org")
    assert proxy_for(TELEGRAM) == "http://a:b@other.example"
    monkeypatch.setenv("https_proxy", "gopher://other.example")
    with pytest.raises(ProxyError) as caught:
        proxy_for(TELEGRAM)
    assert caught.value.variable == "https_proxy"
