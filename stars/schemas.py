"""What goes in and out over HTTP: one marshmallow class per request and answer. Knows nothing else of the package."""

import json
import re
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf, Range

EXAMPLES: dict[str, Any] = json.loads((Path(__file__).parent / "examples.json").read_text())
IDENTIFIER = re.compile(r"[A-Za-z0-9._:-]{1,64}")
METADATA_BYTES = 4096
METADATA_DEPTH = 32  # levels: far more than anybody means, far fewer than any parser downstream falls over


def documented(name: str, description: str, **more: Any) -> dict[str, Any]:
    """What OpenAPI shows of a request's field."""
    return {"description": description, "example": EXAMPLES["invoice_request"][name], **more}


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


class WholeStars(fields.Integer):
    """An integer by value: 100 and 100.0 are the same JSON number (G4); "100" and true are not numbers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=Range(1, 100_000), metadata=documented("price_stars", "Whole Stars."), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1:
            raise self.make_error("invalid")
        return int(value)


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
        if len(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()) > METADATA_BYTES:
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


class Timestamp(fields.String):
    """RFC 3339 in UTC, as PostgreSQL writes it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=True, metadata={"format": "date-time"}, **kwargs)


class PurchaseRequest(Schema):
    """The body of POST /purchase. What describes the purchase may be left out once it exists."""

    purchase_id = Identifier("purchase_id", "Made by the client: the idempotency key.", required=True)
    item_id = Identifier("item_id", "What is sold.")
    price_stars = WholeStars()
    purchase_type = fields.String(
        validate=OneOf(["stars_pack", "cosmetic", "boost", "unknown"]),
        metadata=documented("purchase_type", "`unknown` when the first call leaves it out."),
    )
    source = Identifier("source", "Where the sale came from, for the analytics.")
    channel = Identifier("channel", "Where in the source, for the analytics.")
    metadata = Metadata(metadata=documented(
        "metadata", f"Anything of your own, at most {METADATA_BYTES} bytes as compact JSON.", additionalProperties=True
    ))


class InvoiceRequest(PurchaseRequest):
    """The body of POST /purchase/invoice."""

    item_id = Identifier("item_id", "What is sold.", required=True)
    price_stars = WholeStars(required=True)


class InvoiceAnswer(Schema):
    """The answer of POST /purchase/invoice. The pay_url is null for a purchase completed without an invoice."""

    purchase_id = fields.String(required=True)
    status = fields.String(required=True, validate=OneOf(["pending", "succeeded"]))
    pay_url = fields.String(required=True, allow_none=True)


class PurchaseAnswer(Schema):
    """A purchase on the wire (section 4 of the contract)."""

    purchase_id = fields.String(required=True)
    user_id = fields.String(required=True)
    item_id = fields.String(required=True)
    price_stars = fields.Integer(required=True)
    purchase_type = fields.String(required=True)
    status = fields.String(required=True, validate=OneOf(["pending", "succeeded", "failed"]))
    mode = fields.String(required=True, validate=OneOf(["mock", "live"]))
    source = fields.String(required=True, allow_none=True)
    channel = fields.String(required=True, allow_none=True)
    metadata = fields.Dict(required=True)
    created_at = Timestamp()
    invoiced_at = Timestamp(allow_none=True)
    succeeded_at = Timestamp(allow_none=True)
    failed_at = Timestamp(allow_none=True)
    pay_url = fields.String(required=True, allow_none=True)


class EventAnswer(Schema):
    """One event of a purchase's history (section 7 of the contract)."""

    event_id = fields.Integer(required=True)
    purchase_id = fields.String(required=True)
    version = fields.Integer(required=True)
    event_type = fields.String(required=True)
    payload = fields.Dict(required=True)
    user_id = fields.String(required=True)
    request_id = fields.String(required=True)
    created_at = Timestamp()


class StatusAnswer(Schema):
    """One word: what the health checks and the mock's webhook answer."""

    status = fields.String(required=True)


class Problem(Schema):
    """A refusal as application/problem+json (RFC 9457). Clients switch on `error` alone."""

    error = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    mismatched = fields.List(fields.String())
