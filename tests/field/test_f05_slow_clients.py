"""F5: slow, half-sent and silent clients keep nobody out, and are sent away within seconds."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
from harness.constants import API, SWORD
from harness.servers import Served
from harness.types import Serve
from harness.waiting import eventually
from harness.workers import held

MANY = 200
HEAD = f"POST {API} HTTP/1.1\r\nHost: stars\r\nContent-Type: application/json\r\n"
KNOWN = HEAD + "X-User-Id: mallory\r\n"
ASSET = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: stars\r\n\r\n"
SENT = {
    "silent": b"",
    "half a head": HEAD.encode(),
    "half a body": f'{KNOWN}Content-Length: 100\r\n\r\n{{"purchase'.encode(),
    "half a body of a stranger": f'{HEAD}Content-Length: 100\r\n\r\n{{"purchase'.encode(),
    "chunks without end": f"{KNOWN}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n".encode(),
    "answers not read": ASSET * 20,
}
DRIPS = {
    "a head, byte by byte": (HEAD.encode(), b"X"),
    "a body, byte by byte": (f"{KNOWN}Content-Length: 9000\r\n\r\n".encode(), b" "),
    "chunks, one by one": (f"{KNOWN}Transfer-Encoding: chunked\r\n\r\n".encode(), b"1\r\n \r\n"),
}


@pytest.fixture
def served(url: str, serve: Serve) -> Served:
    return serve(DATABASE_URL=url)


@pytest.fixture
def connect(served: Served) -> Iterator[Callable[[bytes], socket.socket]]:
    """Open a connection and send some bytes: connect(b"GET ")."""
    opened = []

    def connect(sent: bytes) -> socket.socket:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", served.port))
        client.setblocking(False)
        client.send(sent)
        opened.append(client)
        return client

    yield connect
    for client in opened:
        client.close()


def seconds_to_buy(served: Served, purchase_id: str) -> float:
    """How long somebody waits who has no connection yet: for /livez, and for a purchase."""
    began = time.monotonic()
    requests.get(f"{served.address}/livez", timeout=10).raise_for_status()
    alive = time.monotonic()
    assert served.person("alice").purchase(purchase_id, **SWORD).status_code == 200
    return max(alive - began, time.monotonic() - alive)


def median_to_buy(served: Served) -> float:
    times = [seconds_to_buy(served, f"p{number}") for number in range(5)]
    return sorted(times)[2]


def read_all(client: socket.socket) -> bytes:
    """Everything that comes until the server closes the connection."""
    client.settimeout(60)
    received = b""
    with suppress(ConnectionResetError):
        while data := client.recv(65536):
            received += data
    return received


@pytest.mark.parametrize("kind", SENT)
def test_f5_two_hundred_slow_clients_keep_nobody_out(
    kind: str, served: Served, connect: Callable[[bytes], socket.socket]
) -> None:
    for _ in range(MANY):
        connect(SENT[kind])

    assert median_to_buy(served) < 1


@pytest.mark.parametrize("kind", DRIPS)
def test_f5_two_hundred_clients_that_drip_keep_nobody_out(
    kind: str, served: Served, connect: Callable[[bytes], socket.socket]
) -> None:
    begin, drop = DRIPS[kind]
    clients = [connect(begin) for _ in range(MANY)]
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(1):
            for client in clients:
                with suppress(OSError):
                    client.send(drop)

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        assert median_to_buy(served) < 1
    finally:
        stop.set()
        dripping.join()


def test_f5_who_is_too_slow_is_told_so_and_sent_away(
    served: Served, connect: Callable[[bytes], socket.socket], sql: Any
) -> None:
    begun = [kind for kind in SENT if kind not in ("silent", "answers not read")]
    clients = {kind: connect(SENT[kind]) for kind in begun}
    began = time.monotonic()
    answers = {kind: read_all(client) for kind, client in clients.items()}

    assert time.monotonic() - began < 30
    for kind, answer in answers.items():
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 "), kind
        assert b"Content-Type: application/problem+json" in head
        problem = json.loads(body)
        assert problem["error"] == "request_timeout"
        assert f"X-Request-Id: {problem['request_id']}".encode() in head
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)


def test_f5_who_says_nothing_or_drips_for_ever_is_sent_away(
    served: Served, connect: Callable[[bytes], socket.socket]
) -> None:
    silent = connect(b"")
    dripping = {kind: (connect(begin), drop) for kind, (begin, drop) in DRIPS.items()}
    until = time.monotonic() + 40
    while dripping and time.monotonic() < until:
        time.sleep(0.5)
        for kind, (client, drop) in list(dripping.items()):
            try:
                client.send(drop)
            except OSError:
                del dripping[kind]

    assert dripping == {}
    assert read_all(silent) == b""


def test_f5_who_never_reads_the_answer_is_sent_away(
    served: Served, connect: Callable[[bytes], socket.socket]
) -> None:
    connect(ASSET * 20)
    eventually(lambda: held(served).total() == 1)

    eventually(lambda: held(served).total() == 0, within=180)


def test_f5_a_client_that_pipelines_is_answered_in_order_and_leaves_room(
    served: Served, connect: Callable[[bytes], socket.socket]
) -> None:
    ask = b"GET /livez HTTP/1.1\r\nHost: stars\r\nX-Request-Id: request-%d\r\n\r\n"
    last = b"GET /livez HTTP/1.1\r\nHost: stars\r\nConnection: close\r\n\r\n"
    client = connect(b"".join(ask % (1000 + number) for number in range(100)) + last)

    assert median_to_buy(served) < 1
    answered = read_all(client)
    places = [answered.find(b"X-Request-Id: request-%d" % (1000 + number)) for number in range(100)]
    assert -1 not in places
    assert places == sorted(places)


def test_f5_a_slow_phone_still_buys(
    served: Served, connect: Callable[[bytes], socket.socket]
) -> None:
    body = json.dumps({"purchase_id": "p1", **SWORD}).encode()
    head = f"{KNOWN}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    client = connect(b"")
    for piece in (head[:50], head[50:], body[:20], body[20:]):
        time.sleep(0.5)
        client.send(piece)

    assert read_all(client).startswith(b"HTTP/1.1 200 ")
