"""G21, G22: what is no purchase is refused, names its field, and burns nothing."""

import json
from typing import Any

import pytest
from harness.bodies import GOOD, text, without
from harness.constants import API
from harness.people import Person
from harness.types import Sql
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

INVALID = (422, "invalid_purchase_payload")
NOT_A_PURCHASE = {
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
@pytest.mark.parametrize("path", [f"{API}/invoice", API])
def test_g21_what_is_no_purchase_is_a_422_naming_the_field(
    alice: Person, sql: Sql, path: str, field: str, value: str
) -> None:
    refused = alice.post(path, text(**{field: value}))

    assert refused.refusal == INVALID
    assert list(refused.json["errors"]) == [field]
    assert all(isinstance(why, str) for why in refused.json["errors"][field])
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)


@pytest.mark.parametrize("field", ["purchase_id", "item_id", "price_stars"])
@pytest.mark.parametrize("path", [f"{API}/invoice", API])
def test_g21_what_is_missing_is_named(alice: Person, path: str, field: str) -> None:
    refused = alice.post(path, without(field))

    assert refused.refusal == INVALID
    assert list(refused.json["errors"]) == [field]


@pytest.mark.parametrize("body", [b"[]", b"null", b'"p1"', b"5", b"true", b"[{}]"])
def test_g21_a_body_that_is_no_object_is_a_422(alice: Person, body: bytes) -> None:
    refused = alice.post(API, body)

    assert refused.refusal == INVALID
    assert list(refused.json["errors"]) == ["body"]


def nested(levels: int) -> Any:
    """Objects inside each other."""
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


METADATA = {
    "largest": {"a": "x" * (4096 - len('{"a":""}'))},
    "curious values": {"b": [1e-7, 1e308, -0.0, True, None]},
    "curious letters": {"": "\u00e9\U0001f600\u2028</script>"},
    "order of names": {"z": 1, "a": {"y": 2, "b": 3}},
    "deepest": nested(32),
}


@pytest.mark.parametrize("metadata", METADATA.values(), ids=METADATA.keys())
def test_g21_metadata_is_kept_as_it_was_sent(alice: Person, metadata: Any) -> None:
    alice.invoice("p1", metadata=metadata)

    kept = alice.get("p1").json["metadata"]
    assert json.dumps(kept) == json.dumps(metadata)


@pytest.mark.parametrize(
    "refused_body",
    [without("item_id"), without("price_stars"), text(price_stars="0"), text(item_id='"a b"')],
)
def test_g22_a_refused_request_burns_nothing(alice: Person, sql: Sql, refused_body: bytes) -> None:
    assert alice.post(f"{API}/invoice", refused_body).refusal == INVALID
    assert sql.execute("SELECT count(*) FROM purchases").fetchone() == (0,)

    assert alice.invoice("p1").status_code == 201
    assert alice.history("p1") == ["purchase_invoice_created"]


def test_g22_a_purchase_without_an_invoice_needs_all_fields(alice: Person) -> None:
    missing = ["Missing data for required field."]
    refused = alice.purchase("p1")

    assert refused.json["errors"] == {"item_id": missing, "price_stars": missing}
    assert list(alice.purchase("p1", item_id="golden-sword").json["errors"]) == ["price_stars"]


numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from([*GOOD, "metadata", "source", "x"])
bodies = st.binary(max_size=200) | st.dictionaries(names, json_values)


@settings(
    max_examples=150,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=bodies)
def test_g21_no_body_at_all_breaks_the_service(alice: Person, body: Any) -> None:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = alice.post(API, sent)

    assert answer.status_code in (200, 400, 409, 422)
    if answer.status_code == 200:
        assert alice.get(body["purchase_id"]).json["metadata"] == body.get("metadata", {})
