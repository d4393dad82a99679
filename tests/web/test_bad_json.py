"""G21: what is no JSON, or too large or deep, is refused with a reason."""

import select
import socket
from typing import Any

import pytest
from harness.bodies import text
from harness.constants import API
from harness.people import Person
from harness.types import Serve, Sql

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

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_json")
    assert refused.content_type == "application/problem+json"
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_g21_another_media_type_is_a_415(app: Any, content_type: str | None) -> None:
    refused = app.test_client().post(
        API, data=text(), content_type=content_type, headers={"X-User-Id": "alice"}
    )

    assert (refused.status_code, refused.json["error"]) == (415, "unsupported_media_type")


def test_g21_a_body_over_64_kib_is_a_413(alice: Person) -> None:
    whole = text(metadata='{"a":"%s"}' % ("x" * 65_536))

    assert alice.post(API, whole).json["error"] == "payload_too_large"
    assert alice.post(API, text() + b" " * (65_536 - len(text()))).status_code == 200


@pytest.mark.parametrize("levels", [33, 900, 5_000, 30_000])
def test_g21_deep_nesting_is_refused(alice: Person, levels: int) -> None:
    """As no JSON where the Python of the server stops reading, else as no metadata."""
    deep = "[" * levels + "]" * levels
    refused = alice.post(API, text(metadata=f'{{"a":{deep}}}'))
    assert refused.json["error"] in ("invalid_json", "invalid_purchase_payload")
    assert (
        "nested" in refused.json["detail"] or "levels deep" in refused.json["errors"]["metadata"][0]
    )


def test_a_wrong_address_or_method_is_told_so(alice: Person) -> None:
    nothing = alice.send("GET", "/api/v2/purchase", alice.headers)
    assert (nothing.status_code, nothing.json["error"]) == (404, "not_found")
    wrong = alice.send("DELETE", f"{API}/p1", alice.headers)
    assert (wrong.status_code, wrong.json["error"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]
    for refused in (nothing, wrong):
        assert refused.content_type == "application/problem+json"
        assert set(refused.json) == {"error", "title", "status", "detail", "request_id"}
        assert refused.json["request_id"] == refused.headers["X-Request-Id"]


def test_a_refusal_before_the_body_has_come_leaves_the_connection_whole(
    url: str, serve: Serve
) -> None:
    """Nobody is named, so the body need not be read; but on a kept-alive connection the next request comes after it."""
    served = serve(DATABASE_URL=url)
    body = b'{"purchase_id": "p1"}'
    kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
    head = f"POST {API} HTTP/1.1\r\nHost: x\r\n{kind}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(head)
            assert (
                select.select([connection], [], [], 0.3)[0] == []
            )  # no answer before the body is there
            connection.sendall(body)
            answer = b""
            while not answer.endswith(b"}\n"):
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 401")
