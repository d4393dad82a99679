"""G21: a body that is read without detours is read as marshmallow reads it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from stars.schemas.requests import InvoiceRequest, PurchaseRequest

RIGHT = {
    "purchase_id": st.just("p1"),
    "item_id": st.just("golden-sword"),
    "price_stars": st.sampled_from([50, 50.0, 100_000]),
    "purchase_type": st.just("cosmetic"),
    "source": st.just("shop"),
    "channel": st.just("app"),
    "metadata": st.sampled_from([{}, {"a": [1, {"b": None}]}]),
}
WRONG = st.sampled_from(
    [None, "", "a b", "p1\n", "..", True, 0, -1, 1.5, 100_001, float("nan"), [], {}, {"\0": 1}]
)
BODIES = st.fixed_dictionaries(
    {}, optional={name: value | WRONG for name, value in RIGHT.items()} | {"other": st.just(1)}
)


def outcome(load: Any, sent: dict[str, Any]) -> Any:
    """Return what was read, or why it could not be."""
    try:
        return load(sent)
    except ValidationError as error:
        return error.messages


@pytest.mark.parametrize("schema", [InvoiceRequest(), PurchaseRequest()])
@given(sent=BODIES)
def test_g21_a_body_is_read_as_marshmallow_reads_it(schema: Any, sent: dict[str, Any]) -> None:
    def as_usual(body: dict[str, Any]) -> Any:
        return Schema.load(schema, body)

    assert outcome(schema.load, sent) == outcome(as_usual, sent)
