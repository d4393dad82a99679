"""What callers send, read strictly: a JSON object, then as its schema says."""

import json
import math
from typing import Any, cast

from flask import Request, request
from marshmallow import Schema, ValidationError

from stars import errors
from stars.domain.types import Order
from stars.errors import PurchaseNotFound, Refusal
from stars.schemas.values import IDENTIFIER


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object. Raises ValueError when it has a key twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def finite(digits: str) -> float:
    """Return a JSON number. Raises ValueError for NaN and for what no float holds, like 1e999."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:9]} is no number that can be kept")
    return number


STRICT = json.JSONDecoder(object_pairs_hook=unique, parse_constant=finite, parse_float=finite)


def read_body(schema: Schema) -> dict[str, Any]:
    """Return the body of the current request, as `schema` reads it (G21).

    Raises:
        UnsupportedMediaType, InvalidJson, InvalidPurchasePayload: each kind of wrong has its code.

    """
    return load(schema, read_object(request))


def read_query(schema: Schema) -> dict[str, Any]:
    """Return the query of the current request, as `schema` reads it. Raises InvalidQuery."""
    return load(schema, request.args.to_dict(), errors.InvalidQuery)


def read_order(schema: Schema) -> tuple[str, Order]:
    """Return the purchase_id that the body names, and the order it describes.

    Raises as read_body.
    """
    body = read_body(schema)
    order = Order(
        item_id=body.get("item_id"),
        price_stars=body.get("price_stars"),
        purchase_type=body.get("purchase_type"),
        source=body.get("source"),
        channel=body.get("channel"),
        metadata=body.get("metadata", {}),
    )
    return body["purchase_id"], order


def read_purchase_id(purchase_id: str) -> str:
    """Return a purchase_id of a path. Raises PurchaseNotFound for one that no purchase can have."""
    if not IDENTIFIER.fullmatch(purchase_id):
        raise PurchaseNotFound
    return purchase_id


def read_object(req: Request) -> dict[str, Any]:
    """Return a body as the one JSON object it has to be. Raises as read_body."""
    if not req.is_json:
        raise errors.UnsupportedMediaType
    try:
        body = STRICT.decode(req.get_data(cache=False).decode())
    except RecursionError:
        raise errors.InvalidJson("The body is nested too deeply.") from None
    except UnicodeDecodeError as error:
        raise errors.InvalidJson(f"The body is not UTF-8 at byte {error.start}.") from None
    except ValueError as error:
        # Its text tells the place, and of the content no more than nine digits.
        raise errors.InvalidJson(f"The body is not JSON: {error}.") from None
    if not isinstance(body, dict):
        why = {"body": ["Must be an object."]}
        raise errors.InvalidPurchasePayload("The body must be a JSON object.", errors=why)
    return body


def load(
    schema: Schema,
    sent: dict[str, Any],
    refusal: type[Refusal] = errors.InvalidPurchasePayload,
) -> dict[str, Any]:
    """Return what was sent, as `schema` reads it. Raises `refusal`, with `errors` by field."""
    try:
        return cast(dict[str, Any], schema.load(sent))
    except ValidationError as error:
        raise refusal(errors=flat(cast(dict[str, Any], error.messages))) from None


def flat(messages: dict[str, Any], within: str = "") -> dict[str, list[str]]:
    """Return why each field is wrong, those of an inner object under `outer.inner`."""
    found: dict[str, list[str]] = {}
    for name, why in messages.items():
        if isinstance(why, dict):
            found.update(flat(why, within=f"{within}{name}."))
        else:
            found[f"{within}{name}"] = why
    return found
