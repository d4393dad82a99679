"""What is answered, as JSON."""

import json
from typing import Any

from flask import Response

from stars.domain.types import Transition

ENCODER = json.JSONEncoder(separators=(",", ":"))
REPLAYED = {
    "Idempotent-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "Nothing changed.",
    }
}


def respond(
    document: Any,
    status: int = 200,
    headers: dict[str, str] | None = None,
    mimetype: str = "application/json",
) -> Response:
    """Return `document` as a response, as it is.

    That it fits the schema its route documents is what the test of G25 proves.
    """
    return Response(ENCODER.encode(document) + "\n", status, headers, mimetype)


def replay_header(transition: Transition) -> dict[str, str]:
    """Return the header that tells a caller that the answer is an earlier one, given again."""
    return {"Idempotent-Replayed": "true"} if transition.is_replay else {}
