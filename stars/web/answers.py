"""What is answered, as JSON."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from flask import Response

from stars.domain.types import Transition
from stars.encoding import encode

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

REPLAYED = {
    "Idempotent-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "Nothing changed.",
    }
}


class JsonResponse(Response):
    """A document, whole and with its length: nothing is left to work out when it is sent."""

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Send it as it is, where HTTP allows a body."""
        if environ["REQUEST_METHOD"] == "HEAD" or self.status_code == 304:
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return cast(list[bytes], self.response)


def respond(
    document: Any,
    status: int = 200,
    headers: dict[str, str] | None = None,
    mimetype: str = "application/json",
) -> Response:
    """Return `document` as a response, as it is.

    That it fits the schema its route documents is what the test of G25 proves.
    """
    return JsonResponse(encode(document) + b"\n", status, headers, mimetype)


def replay_header(transition: Transition) -> dict[str, str]:
    """Return the header that tells a caller that the answer is an earlier one, given again."""
    return {"Idempotent-Replayed": "true"} if transition.is_replay else {}
