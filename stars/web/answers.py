"""What is answered, as JSON."""

import json
from typing import Any

from flask import Response

ENCODER = json.JSONEncoder(separators=(",", ":"))


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
