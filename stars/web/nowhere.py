"""What is answered where there is nothing."""

from flask import Response, request
from werkzeug.exceptions import NotFound

from stars.web.problems import answer_http_exception


def answer_nowhere(error: NotFound) -> Response:
    """Return the answer to a request for an unknown address.

    A browser's question whether it may ask is answered with yes: its page then learns that there
    is nothing, instead of a failure that looks like one of CORS.
    """
    if is_preflight():
        return Response(status=204)
    return answer_http_exception(error)


def is_preflight() -> bool:
    """Tell whether a browser asks on behalf of a page of another origin whether it may call."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
