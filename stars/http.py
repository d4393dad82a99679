"""HTTP, once for all routes: reading bodies, who calls, request ids, refusals as problem+json, the request's log line."""

import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from itertools import groupby
from typing import Any, NoReturn, cast

import flask
import flask_smorest
from flask import Flask, Response, current_app, g, request
from marshmallow import ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException

from stars import auth, errors, logs, metrics, schemas
from stars.config import Settings
from stars.db import Database

MAX_BODY_BYTES = 64 * 1024
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")

log = logging.getLogger("stars.request")


@dataclass(frozen=True)
class Service:
    """What the routes of one app work with."""

    settings: Settings
    db: Database

    @property
    def row_mode(self) -> str:
        """The mode of the rows this service deals in: pretended money and real money never meet."""
        return "mock" if self.settings.mode == "mock" else "live"


def service() -> Service:
    """The service of the current app."""
    return cast(Service, current_app.extensions["stars"])


class StrictBody(FlaskParser):
    """Reads a body as the one JSON object it has to be; every other body is refused with its own code (G21)."""

    def parse(self, argmap: Any, req: flask.Request | None = None, **_: Any) -> Any:
        """The body as the schema `argmap` makes it.

        Webargs' own way to the same end goes through a dozen calls that the one place a body comes from has no use for.

        Raises:
            UnsupportedMediaType, InvalidJson, InvalidPurchasePayload; and werkzeug its 413.

        """
        try:
            return argmap.load(read_object(request._get_current_object()))
        except ValidationError as wrong:
            raise errors.InvalidPurchasePayload(errors=wrong.messages) from None


def read_object(req: flask.Request) -> dict[str, Any]:
    """The body as a JSON object. Raises as StrictBody.parse."""
    if not req.is_json:
        raise errors.UnsupportedMediaType
    try:
        body = STRICT.decode(req.get_data(cache=False).decode())
    except RecursionError:
        raise errors.InvalidJson("The body is nested too deeply.") from None
    except ValueError as broken:  # also UnicodeDecodeError and numbers of thousands of digits
        raise errors.InvalidJson(f"The body is not a JSON document in UTF-8: {_where(broken)}") from None
    if not isinstance(body, dict):
        raise errors.InvalidPurchasePayload("The body must be a JSON object.", errors={"body": ["Must be an object."]})
    return body


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    if (number := float(digits)) in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


ENCODER = json.JSONEncoder(separators=(",", ":"))
STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)


def _where(broken: ValueError) -> str:
    """The reason, without the text of the body: `Expecting value: line 1 column 5 (char 4)`."""
    if isinstance(broken, UnicodeDecodeError):
        return f"byte {broken.start} is not UTF-8"
    if "digits" in str(broken):
        return "a number has too many digits"
    return str(broken)


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's blueprint with our body parser, and refusals documented from their classes."""

    ARGUMENTS_PARSER = StrictBody()

    def refuses(self, *refusals: type[errors.Refusal], **doc: Any) -> Callable[[Any], Any]:
        """Document that a route may answer with these, an example each; and whatever else `doc` says of it."""
        responses = {}
        for status, group in groupby(sorted(refusals, key=lambda r: (r.status, r.code())), key=lambda r: r.status):
            same_status = list(group)
            responses[str(status)] = {
                "description": " / ".join(refusal.title() for refusal in same_status),
                "content": {"application/problem+json": {
                    "schema": schemas.Problem,
                    "examples": {refusal.code(): {"value": example_problem(refusal)} for refusal in same_status},
                }},
            }
            if same_status[0].retry_after:
                responses[str(status)]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
        return cast(Callable[[Any], Any], self.doc(responses=responses, **doc))


def example_problem(refusal: type[errors.Refusal]) -> dict[str, Any]:
    """A refusal as it looks on the wire."""
    extra: dict[str, Any] = {}
    if refusal is errors.InvalidPurchasePayload:
        extra["errors"] = {"price_stars": ["Must be greater than or equal to 1 and less than or equal to 100000."]}
    if refusal is errors.PurchaseConflict:
        extra["mismatched"] = ["price_stars"]
    return problem(refusal(**extra), "6f1c2a34b5d64e7f8a9b0c1d2e3f4a5b")


def problem(refusal: errors.Refusal, request_id: str | None) -> dict[str, Any]:
    """The problem document of a refusal (section 5 of the contract)."""
    return {
        "error": refusal.code(), "title": refusal.title(), "status": refusal.status, "detail": str(refusal),
        "request_id": request_id, **refusal.extra,
    }


class Api(flask_smorest.Api):
    """flask-smorest's Api, answering every error with problem+json."""

    ERROR_SCHEMA = schemas.Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def handle_http_exception(self, error: HTTPException) -> Response:
        """What Flask and Werkzeug refuse by themselves, under the contract's codes."""
        if error.code is None or error.code < 400:
            return cast(Response, error.get_response())  # a redirect
        known = {cls.status: cls for cls in (
            errors.InvalidJson, errors.NotFound, errors.MethodNotAllowed, errors.PayloadTooLarge,
            errors.UnsupportedMediaType, errors.InternalError,
        )}
        cls = known.get(error.code) if error.code != 400 else None
        if cls is None:
            name = HTTPStatus(error.code).phrase
            document = {
                "error": re.sub(r"\W+", "_", name.lower()), "title": name, "status": error.code,
                "detail": error.description, "request_id": logs.request_id.get(),
            }
            return _answer(document)
        answer = answer_refusal(cls())
        answer.headers.extend([(k, v) for k, v in error.get_headers() if k == "Allow"])
        return answer


def answer_refusal(refusal: errors.Refusal) -> Response:
    """A refusal as a response, with the headers its status asks for."""
    answer = _answer(problem(refusal, logs.request_id.get()))
    if refusal.retry_after is not None:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, errors.Unauthorized):
        answer.headers["WWW-Authenticate"] = refusal.challenge
    return answer


def _answer(document: dict[str, Any]) -> Response:
    return respond(document, document["status"], mimetype="application/problem+json")


def respond(document: Any, status: int = 200, headers: dict[str, str] | None = None,
            mimetype: str = "application/json") -> Response:
    """`document` as JSON, in the order it has. What the routes answer fits its schema already: G25 is the proof."""
    return Response(ENCODER.encode(document) + "\n", status, headers, mimetype)


def authenticated(view: Callable[..., Any]) -> Callable[..., Any]:
    """Give the view its caller as `user_id`. Comes before the body is read: a stranger's is not looked at."""

    @wraps(view)
    def identified(*args: Any, **kwargs: Any) -> Any:
        return view(*args, user_id=auth.identify(service().settings, request.headers), **kwargs)

    return identified


def install(app: Flask) -> None:
    """Give every request an id, every refusal its document, and every answer a log line and a place in the metrics."""

    @app.before_request
    def begin() -> None:
        sent = request.headers.get("X-Request-Id", "")
        identifier = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        g.begun = time.perf_counter(), logs.request_id.set(identifier)

    @app.after_request
    def finish(answer: Response) -> Response:
        req = request._get_current_object()  # type: ignore[attr-defined]
        seconds = time.perf_counter() - g.begun[0]
        route = req.url_rule.rule if req.url_rule else None
        answer.headers["X-Request-Id"] = logs.request_id.get()
        log.info("request", extra={
            "method": req.method, "route": route, "status": answer.status_code, "duration_ms": round(seconds * 1000, 2),
        })
        metrics.requests.labels(route or "none", req.method if route else "any", answer.status_code).observe(seconds)
        return answer

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        logs.request_id.reset(g.begun[1])

    app.register_error_handler(errors.Refusal, answer_refusal)

    @app.errorhandler(Exception)
    def break_down(error: Exception) -> Response:
        logging.getLogger("stars").exception("internal_error", exc_info=error)
        return answer_refusal(errors.InternalError())
