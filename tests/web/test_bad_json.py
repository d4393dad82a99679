"""G21: what is no JSON, or too large or deep, is refused with a reason."""

import select
import socket

import pytest
from flask import Flask
from harness.bodies import text
from harness.constants import API
from harness.people import Person
from harness.types import Serve, Sql

LARGEST = 65_536  # bytes of a body
NOT_JSON = {
    "empty": b"",
    "broken": b'{"purchase_id": ',
    "words": b"hello",
    "trailing": text() + b"x",
    "not utf-8": text(item_id='"caf\u00e9"').decode().encode("latin-1"),
    "utf-16": text().decode().encode("utf-16"),
    "bom": b"\xef\xbb\xbf" + text(),
    "NaN": text(price_stars="NaN"),
    "infinite": text(price_stars="1e999"),
    "-Infinity": text(metadata='{"a": -Infinity}'),
    "5000 digits": text(price_stars="1" * 5000),
    "key twice": text()[:-1] + b',"purchase_id":"p2"}',
    "key twice inside": text(metadata='{"a": 1, "a": 2}'),
    "single quotes": b"{'purchase_id': 'p1'}",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
@pytest.mark.parametrize("path", [f"{API}/invoice", API])
def test_g21_what_is_not_json_is_a_400(alice: Person, sql: Sql, path: str, body: bytes) -> None:
    refused = alice.post(path, body)

    assert refused.refusal == (400, "invalid_json")
    assert refused.content_type == "application/problem+json"
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_g21_another_media_type_is_a_415(app: Flask, content_type: str | None) -> None:
    refused = app.test_client().post(
        API, data=text(), content_type=content_type, headers={"X-User-Id": "alice"}
    )

    assert refused.status_code == 415
    assert refused.json["error"] == "unsupported_media_type"


def test_g21_a_body_over_64_kib_is_a_413(alice: Person) -> None:
    too_large = text().ljust(LARGEST + 1)
    assert alice.post(API, too_large).refusal == (413, "payload_too_large")


def test_g21_a_body_of_64_kib_is_read(alice: Person) -> None:
    largest = text().ljust(LARGEST)
    assert alice.post(API, largest).status_code == 200


@pytest.mark.parametrize("levels", [33, 900, 5_000, 30_000])
def test_g21_deep_nesting_is_refused(alice: Person, levels: int) -> None:
    """As no JSON where the Python of the server stops reading, else as no metadata."""
    deep = "[" * levels + "]" * levels
    refused = alice.post(API, text(metadata=f'{{"a":{deep}}}'))

    if refused.status_code == 400:
        assert refused.json["error"] == "invalid_json"
        assert "nested" in refused.json["detail"]
    else:
        assert refused.refusal == (422, "invalid_purchase_payload")
        assert "levels deep" in refused.json["errors"]["metadata"][0]


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "/api/v2/purchase", (404, "not_found")),
        ("DELETE", f"{API}/p1", (405, "method_not_allowed")),
    ],
)
def test_a_wrong_address_or_method_is_told_so(
    alice: Person, method: str, path: str, refusal: tuple[int, str]
) -> None:
    refused = alice.send(method, path, alice.headers)

    assert refused.refusal == refusal
    assert refused.content_type == "application/problem+json"
    assert set(refused.json) == {"error", "title", "status", "detail", "request_id"}
    assert refused.json["request_id"] == refused.headers["X-Request-Id"]


def test_a_wrong_method_is_told_the_right_ones(alice: Person) -> None:
    refused = alice.send("DELETE", f"{API}/p1", alice.headers)
    assert "GET" in refused.headers["Allow"]


def test_a_refusal_before_the_body_has_come_leaves_the_connection_whole(
    url: str, serve: Serve
) -> None:
    """Nobody is named, so the body need not be read; but the next request comes after it."""
    served = serve(DATABASE_URL=url)
    body = b'{"purchase_id": "p1"}'
    lines = [
        f"POST {API} HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    head = "\r\n".join([*lines, "", ""]).encode()
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        for _ in range(3):
            connection.sendall(head)
            assert not is_readable(connection), "no answer before the body is there"
            connection.sendall(body)
            assert read_answer(connection).startswith(b"HTTP/1.1 401")


def is_readable(connection: socket.socket) -> bool:
    """Whether something comes within a third of a second."""
    readable, _, _ = select.select([connection], [], [], 0.3)
    return bool(readable)


def read_answer(connection: socket.socket) -> bytes:
    """An answer whose body is a JSON object, ended by a line break."""
    answer = b""
    while not answer.endswith(b"}\n"):
        answer += connection.recv(65536)
    return answer
