"""N5: no address of a notification makes the service call into its own network."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness.receiver import Receiver

from stars import addresses
from stars.errors import InvalidEndpoint
from stars.notifications import endpoints
from stars.notifications.messages import Message
from stars.notifications.sender import Sender

MESSAGE: Message = {
    "id": "evt_1",
    "type": "purchase.succeeded",
    "timestamp": "2026-01-31T12:00:00+00:00",
    "data": {
        "event_id": 1,
        "purchase_id": "p1",
        "version": 1,
        "event_type": "purchase_succeeded",
        "payload": {},
        "user_id": "alice",
        "request_id": "r",
        "created_at": "2026-01-31T12:00:00+00:00",
        "mode": "mock",
    },
}
SECRET = endpoints.make_secret()
PRIVATE = [
    "127.0.0.1",
    "127.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:1::",
    "64:ff9b::a00:1",
    "64:ff9b::7f00:1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_n5_what_only_insiders_reach_is_not_public(address: str) -> None:
    assert not addresses.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1", "64:ff9b::808:808"])
def test_n5_what_everybody_reaches_is_public(address: str) -> None:
    assert addresses.is_public(ipaddress.ip_address(address))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server inside."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "0x7f.1"]
)
def test_n5_nothing_inside_is_called(receiver: Receiver, host: str) -> None:
    url = receiver.url.replace("127.0.0.1", host)

    outcome = Sender(only_public=True).send(url=url, secrets=[SECRET], message=MESSAGE)

    assert not outcome.is_success
    assert receiver.told == []


def test_n5_a_name_that_leads_inside_is_not_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead(monkeypatch, lambda: ["127.0.0.1"])
    url = receiver.url.replace("127.0.0.1", "shop.example")

    outcome = Sender(only_public=True).send(url=url, secrets=[SECRET], message=MESSAGE)

    assert outcome.error is not None
    assert "public internet" in outcome.error
    assert receiver.told == []


def test_n5_one_address_inside_among_others_is_enough_to_refuse(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead(monkeypatch, lambda: ["1.1.1.1", "10.0.0.1"])
    url = receiver.url.replace("127.0.0.1", "shop.example")

    outcome = Sender(only_public=True).send(url=url, secrets=[SECRET], message=MESSAGE)

    assert outcome.error is not None
    assert "public internet" in outcome.error


def test_n5_a_name_is_resolved_once_and_what_was_checked_is_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name's server that answers otherwise the second time (DNS rebinding) is not asked twice."""
    asked: list[int] = []

    def answers() -> list[str]:
        asked.append(1)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    lead(monkeypatch, answers)
    url = receiver.url.replace("127.0.0.1", "shop.example")

    outcome = Sender(only_public=False).send(url=url, secrets=[SECRET], message=MESSAGE)

    assert outcome.is_success
    assert len(asked) == 1
    assert receiver.told[0].headers["host"].startswith("shop.example:")


def lead(monkeypatch: pytest.MonkeyPatch, answers: Callable[[], list[str]]) -> None:
    """Have every name lead to `answers`."""
    original = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "shop.example":
            return original(host, port, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answers()]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_n5_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _told: (status, {"Location": receiver.url + "/next"}, b"")

    outcome = Sender(only_public=False).send(url=receiver.url, secrets=[SECRET], message=MESSAGE)

    assert (outcome.is_success, outcome.status) == (False, status)
    assert [told.path for told in receiver.told] == ["/stars"]


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/stars",
        "ftp://shop.example/",
        "https:///stars",
        "https://user:secret@shop.example/",
        "https://shop.example/#part",
        "https://shop.example:x/",
        "https://[::1/",
        "https://shop.example/a b",
        "https://магазин.example/",
        "javascript:alert(1)",
        "https://shop.example/" + "x" * 2000,
        "",
    ],
)
def test_n5_what_is_no_https_address_is_not_added(url: str) -> None:
    with pytest.raises(InvalidEndpoint):
        endpoints.check_url(url, is_development=False)
