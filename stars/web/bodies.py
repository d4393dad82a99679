"""What callers send, read strictly: one JSON object, then as its schema says. Every kind of wrong has its refusal."""

import json
from typing import Any, cast

from flask import Request, request
from marshmallow import ValidationError
from webargs.flaskparser import FlaskParser

from stars import errors


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises ValueError when it has a key twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def finite(digits: str) -> float:
    """A JSON number. Raises ValueError when it is none, like NaN, or more than a float holds, like 1e999."""
    if abs(number := float(digits)) < float("inf"):
        return number
    raise ValueError(f"{digits[:9]} is no number that can be kept")


STRICT = json.JSONDecoder(object_pairs_hook=unique, parse_constant=finite, parse_float=finite)


def read_object(req: Request) -> dict[str, Any]:
    """A body as the one JSON object it has to be (G21).

    Raises:
        UnsupportedMediaType, InvalidJson, InvalidPurchasePayload: each kind of wrong has its own code.

    """
    if not req.is_json:
        raise errors.UnsupportedMediaType
    try:
        body = STRICT.decode(req.get_data(cache=False).decode())
    except RecursionError:
        raise errors.InvalidJson("The body is nested too deeply.") from None
    except UnicodeDecodeError as broken:
        raise errors.InvalidJson(f"The body is not UTF-8 at byte {broken.start}.") from None
    except (
        ValueError
    ) as broken:  # its text tells the place, and of the content no more than nine digits
        raise errors.InvalidJson(f"The body is not JSON: {broken}.") from None
    if not isinstance(body, dict):
        raise errors.InvalidPurchasePayload(
            "The body must be a JSON object.", errors={"body": ["Must be an object."]}
        )
    return body


def flat(messages: dict[str, Any], within: str = "") -> dict[str, list[str]]:
    """Why each field is wrong, one in another under `outer.inner`."""
    found: dict[str, list[str]] = {}
    for name, why in messages.items():
        found |= (
            flat(why, f"{within}{name}.") if isinstance(why, dict) else {f"{within}{name}": why}
        )
    return found


def load(
    schema: Any, sent: dict[str, Any], refusal: type[errors.Refusal] = errors.InvalidPurchasePayload
) -> dict[str, Any]:
    """What was sent, as `schema` reads it. Raises `refusal`, with `errors` by field."""
    try:
        return cast(dict[str, Any], schema.load(sent))
    except ValidationError as wrong:
        raise refusal(errors=flat(cast(dict[str, Any], wrong.messages))) from None


class BodyParser(FlaskParser):
    """Parses bodies for flask-smorest, on a shorter way than webargs', which is made for a dozen kinds of places."""

    def parse(
        self, argmap: Any, req: Request | None = None, *, location: str | None = None, **_: Any
    ) -> Any:
        """The body, or the query, as the schema `argmap` loads it. Raises as read_object, or InvalidQuery."""
        if location == "query":
            return load(argmap, request.args.to_dict(), errors.InvalidQuery)
        return load(argmap, read_object(request))
