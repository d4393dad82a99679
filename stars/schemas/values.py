"""What a single value may be, in and out of HTTP: ids, numbers, times, metadata. Knows nothing else of the package."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from marshmallow import ValidationError, fields
from marshmallow.validate import Range

EXAMPLES: dict[str, Any] = json.loads((Path(__file__).parent / "examples.json").read_text())
IDENTIFIER = re.compile(r"[A-Za-z0-9._:-]{1,64}")
METADATA_BYTES = 4096
METADATA_DEPTH = (
    32  # levels: far more than anybody means, far fewer than any parser downstream falls over
)


def documented(name: str, description: str, **more: Any) -> dict[str, Any]:
    """What OpenAPI shows of a request's field."""
    return {"description": description, "example": EXAMPLES["purchase"][name], **more}


class Identifier(fields.String):
    """1-64 of A-Za-z0-9._:- and nothing else: not even a newline at the end, which `$` would let through."""

    default_error_messages = {"pattern": "Must be 1-64 of A-Z a-z 0-9 . _ : -"}

    def __init__(self, name: str, description: str, **kwargs: Any) -> None:
        pattern = {"pattern": f"^{IDENTIFIER.pattern}$", "minLength": 1, "maxLength": 64}
        super().__init__(metadata=documented(name, description, **pattern), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if not IDENTIFIER.fullmatch(value):
            raise self.make_error("pattern")
        return value


class Whole(fields.Integer):
    """An integer by value: 100 and 100.0 are the same JSON number (G4); "100" and true are not numbers."""

    def __init__(self, least: int, most: int, metadata: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(validate=Range(least, most), metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1:
            raise self.make_error("invalid")
        return int(value)


class WholeStars(Whole):
    """A price."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 100_000, documented("price_stars", "Whole Stars."), **kwargs)


class Seconds(fields.Float):
    """A number of seconds, kept to the millisecond; "3" and true are none."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if (
            isinstance(value, bool) or not isinstance(value, int | float) or value != value
        ):  # NaN is within any range
            raise self.make_error("invalid")
        return round(float(value), 3)


NO_NUL = {"pattern": "^[^\\u0000]*$"}
COMPONENTS = {
    "MetadataObject": {
        "type": "object",
        "propertyNames": NO_NUL,
        "additionalProperties": {"$ref": "#/components/schemas/MetadataValue"},
    },
    "MetadataValue": {
        "anyOf": [
            {"type": ["null", "boolean", "number"]},
            {"type": "string", **NO_NUL},
            {"type": "array", "items": {"$ref": "#/components/schemas/MetadataValue"}},
            {"$ref": "#/components/schemas/MetadataObject"},
        ]
    },
}


class Metadata(fields.Dict):
    """Any JSON object of at most METADATA_BYTES when written compactly, that PostgreSQL can search in."""

    default_error_messages = {
        "size": f"Must be at most {METADATA_BYTES} bytes as compact JSON.",
        "depth": f"Must be nested at most {METADATA_DEPTH} levels deep.",
        "text": "Must hold no NUL and no half of a surrogate pair.",
    }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super()._deserialize(value, *args, **kwargs)  # type: ignore[no-untyped-call]
        self._check(found, METADATA_DEPTH)
        if (
            len(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode())
            > METADATA_BYTES
        ):
            raise self.make_error("size")
        return found

    def _check(self, value: Any, levels: int) -> None:
        if isinstance(value, str):
            if re.search("[\0\ud800-\udfff]", value):
                raise self.make_error("text")
        elif isinstance(value, dict | list):
            if levels == 0:
                raise self.make_error("depth")
            for inner in [*value, *value.values()] if isinstance(value, dict) else value:
                self._check(inner, levels - 1)


class Moment(fields.String):
    """A day (where it begins) or a moment, as RFC 3339 has them; of UTC unless it says otherwise."""

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
        try:
            found = datetime.fromisoformat(text) if self.PATTERN.fullmatch(text) else None
        except ValueError:  # a 31st of February
            found = None
        if found is None:
            raise self.make_error("moment")
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
    """A validator of text that Telegram shows: 1 to `most` characters, counted strictly, as UTF-16 has them."""

    def check(text: str) -> None:
        if not text.strip() or not text.replace("\n", "").isprintable():
            raise ValidationError("Must be something that can be shown.")
        if len(text.encode("utf-16-le")) > 2 * most:
            raise ValidationError(
                f"Must be at most {most} characters; an emoji may count as two and more."
            )

    return check
