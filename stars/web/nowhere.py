"""What is answered where there is nothing: a page for a browser, a document for a program."""

from flask import Flask, Response, request
from werkzeug import exceptions

from stars import errors
from stars.web import console
from stars.web.pages import render_refusal
from stars.web.problems import answer_http_exception


def install(app: Flask) -> None:
    """Answer unknown addresses of `app`."""
    app.register_error_handler(exceptions.NotFound, answer_nowhere)


def answer_nowhere(error: exceptions.NotFound) -> Response:
    """Return the answer to a request for an unknown address.

    A browser's question whether it may ask is answered with yes: its page then learns that there
    is nothing, instead of a failure that looks like one of CORS.
    """
    if is_preflight():
        return Response(status=204)
    if not wants_page():
        return answer_http_exception(error)
    if request.path.startswith("/console/"):
        return console.show_nowhere()
    return render_refusal("nowhere.html", errors.NotFound())


def is_preflight() -> bool:
    """Tell whether a browser asks on behalf of a page of another origin whether it may call."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def wants_page() -> bool:
    """Tell whether a person looks at the answer. A program that takes anything wants JSON."""
    if request.path.startswith("/api/"):
        return False
    kinds = ["application/json", "text/html"]
    return request.accept_mimetypes.best_match(kinds) == "text/html"
