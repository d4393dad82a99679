"""JSON as it is written and read here: compact, in UTF-8."""

import json
from typing import Any

import msgspec

ENCODER = msgspec.json.Encoder(enc_hook=str)


def encode(document: Any) -> bytes:
    """Return a document. What JSON has no form for is written as its text."""
    try:
        return ENCODER.encode(document)
    except UnicodeEncodeError:  # UTF-8 has no form for half of a surrogate pair
        return json.dumps(document, separators=(",", ":"), default=str).encode()


def decode(text: bytes | str) -> Any:
    """Return the document that a text is. An integer stays one, however large.

    Raises:
        ValueError: it is no JSON.

    """
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # or it is one with half of a surrogate pair, or a float's infinity
        return json.loads(text)
