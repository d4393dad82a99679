"""What a single value may be, in and out of HTTP: ids, numbers, times, metadata."""

import json
import math
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from marshmallow import ValidationError, fields
from marshmallow.validate import Range

from stars.schemas.examples import EXAMPLES

PURCHASE_TYPES = ("stars_pack", "cosmetic", "boost", "unknown")
STATUSES = ("pending", "succeeded", "failed", "refunded")
IDENTIFIER = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._:-]{1,64}")
"""Not . or ..: a client takes these out of an address before it sends that (RFC 3986, 5.2.4)."""

UNSHOWABLE = {"Cc", "Cs"}
"""Categories of Unicode: control characters and surrogates."""

INVISIBLE = {"Cf", "Zs", "Zl", "Zp"}
"""Categories that may stand in a text and are none by themselves: joiners, marks, blanks."""

UNSEARCHABLE = re.compile("[\0\ud800-\udfff]")
"""What PostgreSQL does not take in a text: NUL, and half of a surrogate pair."""

COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

METADATA_BYTES = 4096
METADATA_DEPTH = 32
"""Levels: far more than anybody means, far fewer than any parser downstream falls over."""

# The fields of what is answered.
TEXT = fields.String(required=True)
TEXT_OR_NULL = fields.String(required=True, allow_none=True)
NUMBER = fields.Integer(required=True)
NUMBER_OR_NULL = fields.Integer(required=True, allow_none=True)
OBJECT = fields.Dict(required=True)
# RFC 3339 in UTC, as PostgreSQL writes it.
TIME = fields.String(required=True, metadata={"format": "date-time"})
TIME_OR_NULL = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


def documented(name: str, description: str, **more: Any) -> dict[str, Any]:
    """Return what OpenAPI shows of a request's field."""
    return {"description": description, "example": EXAMPLES["purchase"][name], **more}


class Identifier(fields.String):
    """1-64 of A-Za-z0-9._:- but not . or .., and nothing else, not even a newline at the end."""

    default_error_messages = {"pattern": "Must be 1-64 of A-Z a-z 0-9 . _ : - but not . or .."}

    def __init__(self, name: str, description: str, **kwargs: Any) -> None:
        pattern = {"pattern": f"^{IDENTIFIER.pattern}$", "minLength": 1, "maxLength": 64}
        super().__init__(metadata=documented(name, description, **pattern), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if not IDENTIFIER.fullmatch(value):
            raise self.make_error("pattern")
        return value


def is_number(value: Any) -> bool:
    """Tell whether `value` is a JSON number: neither "100" nor true nor NaN is one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return not math.isnan(value)


class Whole(fields.Integer):
    """An integer by value: 100 and 100.0 are the same JSON number (G4)."""

    def __init__(self, least: int, most: int, metadata: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(validate=Range(least, most), metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not is_number(value) or value % 1:
            raise self.make_error("invalid")
        return int(value)


class WholeStars(Whole):
    """A price."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 100_000, documented("price_stars", "Whole Stars."), **kwargs)


class Seconds(fields.Float):
    """A number of seconds, kept to the millisecond."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if not is_number(value):
            raise self.make_error("invalid")
        return round(float(value), 3)


NO_NUL = {"pattern": "^[^\\u0000]*$"}
ANY_METADATA = {"$ref": "#/components/schemas/MetadataValue"}
COMPONENTS = {
    "MetadataObject": {
        "type": "object",
        "propertyNames": NO_NUL,
        "additionalProperties": ANY_METADATA,
    },
    "MetadataValue": {
        "anyOf": [
            {"type": ["null", "boolean", "number"]},
            {"type": "string", **NO_NUL},
            {"type": "array", "items": ANY_METADATA},
            {"$ref": "#/components/schemas/MetadataObject"},
        ]
    },
}
"""What OpenAPI says of metadata, which contains itself."""


class Metadata(fields.Dict):
    """Any JSON object of at most METADATA_BYTES as compact JSON, that PostgreSQL can search in."""

    default_error_messages = {
        "size": f"Must be at most {METADATA_BYTES} bytes as compact JSON.",
        "depth": f"Must be nested at most {METADATA_DEPTH} levels deep.",
        "text": "Must hold no NUL and no half of a surrogate pair.",
    }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        deserialize = cast(Callable[..., dict[str, Any]], super()._deserialize)
        found = deserialize(value, *args, **kwargs)
        self._check(found, METADATA_DEPTH)
        if len(COMPACT.encode(found).encode()) > METADATA_BYTES:
            raise self.make_error("size")
        return found

    def _check(self, value: Any, levels: int) -> None:
        if isinstance(value, str):
            if UNSEARCHABLE.search(value):
                raise self.make_error("text")
        elif isinstance(value, dict | list):
            if levels == 0:
                raise self.make_error("depth")
            for inner in contents(value):
                self._check(inner, levels - 1)


def contents(container: dict[str, Any] | list[Any]) -> list[Any]:
    """Return the keys and the values of an object, or the elements of a list."""
    if isinstance(container, dict):
        return [*container, *container.values()]
    return container


class Moment(fields.String):
    """A day (where it begins) or a moment, as RFC 3339 has them; without a zone it is in UTC."""

    default_error_messages = {
        "moment": "Must be a day like 2026-01-31, or a moment like 2026-01-31T12:00:00Z."
    }
    PATTERN = re.compile(
        r"2\d{3}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
    )

    def __init__(self, description: str) -> None:
        super().__init__(
            metadata={
                "description": description,
                "example": "2026-01-31",
                "pattern": f"^{self.PATTERN.pattern}$",
            }
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = str(value).replace(" ", "+")  # a plus that nobody escaped
        if not self.PATTERN.fullmatch(text):
            raise self.make_error("moment")
        try:
            found = datetime.fromisoformat(text)
        except ValueError:  # a 31st of February
            raise self.make_error("moment") from None
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


class PageKey(fields.Field[tuple[datetime, str]]):
    """Where a page ended: created_at and purchase_id of its last purchase."""

    default_error_messages = {"invalid": "Must be what the link to the next page has."}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> tuple[datetime, str]:
        created_at, _, purchase_id = str(value).partition("_")
        if not IDENTIFIER.fullmatch(purchase_id):
            raise self.make_error("invalid")
        return cast(datetime, Moment("").deserialize(created_at)), purchase_id


def shown(most: int) -> Callable[[str], None]:
    """Return a validator of text that Telegram shows: 1 to `most` characters of UTF-16.

    Text of every language and emoji is text: joiners hold Persian, Hindi and families together,
    and an emoji may be newer than this Python. What cannot be shown is a control character, half
    of a surrogate pair, and text with nothing to see in it.
    """

    def check(text: str) -> None:
        categories = {unicodedata.category(character) for character in text.replace("\n", "")}
        if categories & UNSHOWABLE or not categories - INVISIBLE:
            raise ValidationError("Must be something that can be shown.")
        if len(text.encode("utf-16-le")) > 2 * most:
            raise ValidationError(
                f"Must be at most {most} characters; an emoji may count as two and more."
            )

    return check
