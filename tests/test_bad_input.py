"""G21-G22: what cannot be a purchase gets a clear refusal, never a 5xx, and leaves nothing behind."""

import json
import select
import socket
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from harness.constants import API, SWORD
from harness.people import Person
from harness.servers import Served
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GOOD = {"purchase_id": "p1", **SWORD}


def text(**changes: Any) -> bytes:
    """A good body with these members written as given."""
    members = {name: json.dumps(value) for name, value in GOOD.items()} | changes
    return (
        "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in members.items()) + "}"
    ).encode()


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
def test_g21_what_is_not_json_is_a_400(
    alice: Person, sql: psycopg.Connection[Any], path: str, body: bytes
) -> None:
    refused = alice.post(path, body)

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_json")
    assert refused.content_type == "application/problem+json"
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)


NOT_A_PURCHASE = {
    "id missing": ("purchase_id", None),
    "item missing": ("item_id", None),
    "price missing": ("price_stars", None),
    "unknown field": ("colour", '"red"'),
    "user id in the body": ("user_id", '"bob"'),
    "mode": ("mode", '"live"'),
    "id null": ("purchase_id", "null"),
    "id number": ("purchase_id", "1"),
    "id empty": ("purchase_id", '""'),
    "id list": ("purchase_id", "[]"),
    "id blank": ("purchase_id", '"a b"'),
    "id newline": ("purchase_id", '"a\\n"'),
    "id NUL": ("purchase_id", '"a\\u0000"'),
    "id emoji": ("purchase_id", '"\U0001f600"'),
    "id surrogate": ("purchase_id", '"\\ud800"'),
    "id slash": ("purchase_id", '"a/b"'),
    "id 65": ("purchase_id", f'"{"a" * 65}"'),
    "id 10 kB": ("purchase_id", f'"{"a" * 10_000}"'),
    "item injection": ("item_id", '"\'; DROP TABLE purchases; --"'),
    "item homoglyph": ("item_id", '"\u0430"'),
    "price 0": ("price_stars", "0"),
    "price negative": ("price_stars", "-1"),
    "price fraction": ("price_stars", "1.5"),
    "price huge": ("price_stars", "100001"),
    "price 1e300": ("price_stars", "1e300"),
    "price string": ("price_stars", '"50"'),
    "price true": ("price_stars", "true"),
    "price null": ("price_stars", "null"),
    "price list": ("price_stars", "[50]"),
    "type unknown": ("purchase_type", '"weapon"'),
    "type case": ("purchase_type", '"Boost"'),
    "type list": ("purchase_type", "[]"),
    "type object": ("purchase_type", "{}"),
    "type null": ("purchase_type", "null"),
    "source": ("source", '"a b"'),
    "channel": ("channel", "5"),
    "source null": ("source", "null"),
    "metadata list": ("metadata", "[]"),
    "metadata string": ("metadata", '"a"'),
    "metadata null": ("metadata", "null"),
    "metadata NUL": ("metadata", '{"a": ["b\\u0000"]}'),
    "metadata NUL key": ("metadata", '{"a\\u0000": 1}'),
    "metadata surrogate": ("metadata", '{"a": "\\udc00"}'),
    "metadata 4097": ("metadata", '{"a":"%s"}' % ("x" * 4089)),
    "metadata 33 levels": ("metadata", '{"a":' * 33 + "1" + "}" * 33),
}


@pytest.mark.parametrize(("field", "value"), NOT_A_PURCHASE.values(), ids=NOT_A_PURCHASE.keys())
def test_g21_what_is_no_purchase_is_a_422_naming_the_field(
    alice: Person, sql: psycopg.Connection[Any], field: str, value: str | None
) -> None:
    body = (
        text(**{field: value}) if value is not None else json.dumps(GOOD | {field: None}).encode()
    )
    if value is None:
        body = json.dumps({name: known for name, known in GOOD.items() if name != field}).encode()
    for path in (f"{API}/invoice", API):
        refused = alice.post(path, body)
        assert (refused.status_code, refused.json["error"]) == (422, "invalid_purchase_payload")
        assert list(refused.json["errors"]) == [field]
        assert all(isinstance(why, str) for why in refused.json["errors"][field])
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)
    assert (
        alice.post(API, text()).status_code == 200
    )  # G22: the same id works once the request is right


@pytest.mark.parametrize("body", [b"[]", b"null", b'"p1"', b"5", b"true", b"[{}]"])
def test_g21_a_body_that_is_no_object_is_a_422(alice: Person, body: bytes) -> None:
    refused = alice.post(API, body)

    assert (refused.status_code, list(refused.json["errors"])) == (422, ["body"])


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


def test_g21_the_largest_metadata_is_kept_as_it_was_sent(alice: Person) -> None:
    largest = {"a": "x" * (4096 - len('{"a":""}'))}
    curious = {
        "b": {"z": 1, "a": [1e-7, 1e308, -0.0, True, None, "\u00e9\U0001f600\u2028</script>"]},
        "": 0,
    }
    deepest: Any = 1
    for _ in range(32):
        deepest = {"a": deepest}

    for number, metadata in enumerate((largest, curious, deepest)):
        alice.invoice(f"p{number}", metadata=metadata)
        kept = alice.get(f"p{number}").json["metadata"]
        assert kept == metadata
        assert list(kept) == list(metadata)


def test_g22_a_refused_request_burns_nothing(alice: Person, sql: psycopg.Connection[Any]) -> None:
    assert alice.purchase("p1").json["errors"] == {
        "item_id": ["Missing data for required field."],
        "price_stars": ["Missing data for required field."],
    }
    assert list(alice.purchase("p1", item_id="golden-sword").json["errors"]) == ["price_stars"]
    assert alice.invoice("p1", price_stars=0).status_code == 422
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)

    assert alice.invoice("p1").status_code == 201
    assert alice.history("p1") == ["purchase_invoice_created"]


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


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(
    max_examples=150,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    body=st.binary(max_size=200)
    | st.dictionaries(st.sampled_from([*GOOD, "metadata", "source", "x"]), json_values)
)
def test_g21_no_body_at_all_breaks_the_service(alice: Person, body: Any) -> None:
    answer = alice.post(API, body if isinstance(body, bytes) else json.dumps(body).encode())

    assert answer.status_code in (200, 400, 409, 422)
    if answer.status_code == 200:
        assert alice.get(body["purchase_id"]).json["metadata"] == body.get("metadata", {})


def test_a_refusal_before_the_body_has_come_leaves_the_connection_whole(
    url: str, serve: Callable[..., Served]
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
