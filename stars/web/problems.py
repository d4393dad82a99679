"""Refusals as application/problem+json (RFC 9457): how they are answered, and documented."""

import logging
import re
from http import HTTPStatus
from itertools import groupby
from typing import Any, cast

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from stars import errors
from stars.errors import Refusal
from stars.schemas.answers import Problem
from stars.schemas.examples import EXAMPLES
from stars.web.answers import respond
from stars.web.requests import request_id

log = logging.getLogger("stars")

PROBLEM = "application/problem+json"
REFUSED_BY_FLASK: dict[int, type[Refusal]] = {
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.PayloadTooLarge,
    415: errors.UnsupportedMediaType,
}
"""What Flask refuses by itself and the contract has a code for, by HTTP status."""

FURTHER_MEMBERS: dict[type[Refusal], dict[str, Any]] = {
    errors.InvalidPurchasePayload: {"errors": {"item_id": ["Missing data for required field."]}},
    errors.InvalidQuery: {"errors": {"since": ["Must lie before until."]}},
    errors.PurchaseConflict: {"mismatched": ["price_stars"]},
}
"""What the example of a refusal has beside what all have."""


def install(app: Flask) -> None:
    """Answer everything that is raised in `app`. flask-smorest hands over what Flask refuses."""
    app.register_error_handler(Refusal, answer_refusal)
    app.register_error_handler(Exception, answer_failure)


def answer_refusal(refusal: Refusal) -> Response:
    """Return a refusal as a response, with the headers that it asks for."""
    document = problem_document(
        code=refusal.code,
        title=refusal.title,
        status=refusal.status,
        detail=str(refusal),
        request_id=request_id(),
    )
    headers = refusal_headers(refusal)
    return respond(document | refusal.extra, refusal.status, headers, PROBLEM)


def refusal_headers(refusal: Refusal) -> dict[str, str]:
    """Return the headers that tell a client what to do about a refusal."""
    headers = {}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, errors.Unauthorized):
        headers["WWW-Authenticate"] = refusal.challenge
    return headers


def answer_failure(error: Exception) -> Response:
    """Log an exception that nobody expected; its caller learns nothing of the inside."""
    log.error("internal_error", exc_info=error)
    return answer_refusal(errors.InternalError())


def answer_http_exception(error: HTTPException) -> Response:
    """Answer what Flask refuses: under the contract's code, or under HTTP's own name."""
    status = error.code or 500
    if status < 400:
        return cast(Response, error.get_response())  # a redirect
    known = REFUSED_BY_FLASK.get(status)
    answer = answer_refusal(known()) if known else answer_unknown(error, status)
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def answer_unknown(error: HTTPException, status: int) -> Response:
    """Answer an HTTP error that the contract has no code for."""
    name = HTTPStatus(status).phrase
    document = problem_document(
        code=re.sub(r"\W+", "_", name.lower()),
        title=name,
        status=status,
        detail=error.description or name,
        request_id=request_id(),
    )
    return respond(document, status, mimetype=PROBLEM)


def problem_document(
    *, code: str, title: str, status: int, detail: str, request_id: str
) -> dict[str, Any]:
    """Return the members that every problem document has (section 5 of the contract)."""
    return {
        "error": code,
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }


def document_refusals(refusals: tuple[type[Refusal], ...]) -> dict[str, Any]:
    """Return what OpenAPI says of a route that may answer with these: an example of each."""
    in_order = sorted(refusals, key=lambda refusal: (refusal.status, refusal.code))
    by_status = groupby(in_order, key=lambda refusal: refusal.status)
    return {str(status): document_status(list(group)) for status, group in by_status}


def document_status(refusals: list[type[Refusal]]) -> dict[str, Any]:
    """Return what OpenAPI says of the refusals of one status."""
    examples = {refusal.code: {"value": example_of(refusal)} for refusal in refusals}
    described: dict[str, Any] = {
        "description": " / ".join(refusal.title for refusal in refusals),
        "content": {PROBLEM: {"schema": Problem, "examples": examples}},
    }
    if refusals[0].retry_after:
        seconds = {"schema": {"type": "integer"}, "description": "Seconds."}
        described["headers"] = {"Retry-After": seconds}
    return described


def example_of(refusal: type[Refusal]) -> dict[str, Any]:
    """Return a refusal as it looks on the wire."""
    document = problem_document(
        code=refusal.code,
        title=refusal.title,
        status=refusal.status,
        detail=refusal.detail,
        request_id=EXAMPLES["event"]["request_id"],
    )
    return document | FURTHER_MEMBERS.get(refusal, {})
