"""HTTP, once for all routes: callers, request ids, refusals as problem+json, the log line of a request."""

import json
import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from http import HTTPStatus
from itertools import groupby
from typing import Any, cast

import flask_smorest
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from stars import errors, logs, metrics
from stars.domain.service import Service
from stars.schemas import values
from stars.schemas import wire as schemas
from stars.web import callers
from stars.web.bodies import BodyParser

MAX_BODY_BYTES = 64 * 1024
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
SECURITY = {
    "launchData": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "tma <initData>",
    },
    "metricsToken": {"type": "http", "scheme": "bearer"},
    "consolePassword": {
        "type": "http",
        "scheme": "basic",
        "description": "Any user name, CONSOLE_PASSWORD.",
    },
}
ENCODER = json.JSONEncoder(separators=(",", ":"))

log = logging.getLogger("stars.request")


def service() -> Service:
    """Return the service of the current app."""
    return cast(Service, current_app.extensions["stars"])


def request_id() -> str:
    """Return the id of the current request."""
    return logs.request_id.get() or ""


def address() -> str:
    """Return where this service is reached: its public address, or the one that was called."""
    return service().settings.public_url or f"{request.scheme}://{request.host}"


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's blueprint with our body parser, and refusals documented from their classes."""

    ARGUMENTS_PARSER = BodyParser()

    def refuses(self, *refusals: type[errors.Refusal], **doc: Any) -> Callable[[Any], Any]:
        """Document that a route may answer with these, an example each; and whatever else `doc` says of it."""
        responses: dict[str, Any] = {}
        for status, group in groupby(
            sorted(refusals, key=lambda r: (r.status, r.code)), key=lambda r: r.status
        ):
            alike = list(group)
            examples = {refusal.code: {"value": example_problem(refusal)} for refusal in alike}
            responses[str(status)] = {
                "description": " / ".join(refusal.title for refusal in alike),
                "content": {
                    "application/problem+json": {"schema": schemas.Problem, "examples": examples}
                },
            }
            if alike[0].retry_after:
                seconds = {"schema": {"type": "integer"}, "description": "Seconds."}
                responses[str(status)]["headers"] = {"Retry-After": seconds}
        return cast(Callable[[Any], Any], self.doc(responses=responses, **doc))


class Api(flask_smorest.Api):
    """flask-smorest's Api, answering with problem+json what Flask and Werkzeug refuse by themselves."""

    ERROR_SCHEMA = schemas.Problem
    DEFAULT_ERROR_RESPONSE_NAME = None
    CODES = (
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.PayloadTooLarge,
        errors.UnsupportedMediaType,
    )

    def handle_http_exception(self, error: HTTPException) -> Response:
        """The answer to `error`, under the contract's code if it has one, else under HTTP's own name."""
        status = error.code or 500
        if status < 400:
            return cast(Response, error.get_response())  # a redirect
        known = {refusal.status: refusal for refusal in self.CODES}.get(status)
        if known:
            answer = answer_refusal(known())
        else:
            name = HTTPStatus(status).phrase
            answer = answer_problem(
                re.sub(r"\W+", "_", name.lower()), name, status, error.description or name
            )
        answer.headers.extend(
            [(key, value) for key, value in error.get_headers() if key == "Allow"]
        )
        return answer


def answer_refusal(refusal: errors.Refusal) -> Response:
    """A refusal as a response, with the headers its status asks for."""
    answer = answer_problem(
        refusal.code, refusal.title, refusal.status, str(refusal), **refusal.extra
    )
    if refusal.retry_after is not None:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, errors.Unauthorized):
        answer.headers["WWW-Authenticate"] = refusal.challenge
    return answer


def answer_problem(error: str, title: str, status: int, detail: str, **extra: Any) -> Response:
    """The problem document of section 5 of the contract, as a response."""
    document = {
        "error": error,
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": logs.request_id.get(),
        **extra,
    }
    return respond(document, status, mimetype="application/problem+json")


def example_problem(refusal: type[errors.Refusal]) -> dict[str, Any]:
    """A refusal as it looks on the wire, for the documentation."""
    extras: dict[type[errors.Refusal], dict[str, Any]] = {
        errors.InvalidPurchasePayload: {
            "errors": {"item_id": ["Missing data for required field."]}
        },
        errors.InvalidQuery: {"errors": {"since": ["Must lie before until."]}},
        errors.PurchaseConflict: {"mismatched": ["price_stars"]},
    }
    return {
        "error": refusal.code,
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "request_id": values.EXAMPLES["event"]["request_id"],
        **extras.get(refusal, {}),
    }


def respond(
    document: Any,
    status: int = 200,
    headers: dict[str, str] | None = None,
    mimetype: str = "application/json",
) -> Response:
    """`document` as JSON, as it is: that it fits the schema its route documents is what G25's test proves."""
    return Response(ENCODER.encode(document) + "\n", status, headers, mimetype)


def authenticated(view: Callable[..., Any]) -> Callable[..., Any]:
    """Give the view its caller as `user_id`. Comes before the body is read: a stranger's is not looked at."""

    @wraps(view)
    def identified(*args: Any, **kwargs: Any) -> Any:
        return view(*args, user_id=callers.identify(service().settings, request.headers), **kwargs)

    return identified


def for_staff(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let in the staff alone, and no page of another site in their name: browsers send a password along unasked."""

    @wraps(view)
    def admitted(*args: Any, **kwargs: Any) -> Any:
        callers.admit_staff(service().settings, request.headers, request.remote_addr)
        if request.method == "POST":
            callers.refuse_other_sites(request.headers)
        return view(*args, **kwargs)

    return admitted


def install(app: Flask, blueprints: Iterable[Blueprint]) -> None:
    """Give every request an id, every refusal its document, and every answer a log line and a place in the metrics."""
    api = Api(app, spec_kwargs={"components": {"securitySchemes": SECURITY}})
    for name, component in values.COMPONENTS.items():
        api.spec.components.schema(name, component)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)

    @app.before_request
    def begin() -> None:
        sent = request.headers.get("X-Request-Id", "")
        identifier = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        g.begun = time.perf_counter(), logs.request_id.set(identifier)

    @app.after_request
    def finish(answer: Response) -> Response:
        # A body that nobody asked for, of a refused request or the mock's webhook, must not be left on the connection: the
        # next request comes after it.
        with suppress(
            HTTPException
        ):  # too large, or the caller is gone: then there is no next request
            request.stream.read()
        seconds, method = time.perf_counter() - g.begun[0], request.method
        route = rule.rule if (rule := request.url_rule) else None
        answer.headers["X-Request-Id"] = cast(str, logs.request_id.get())
        log.info(
            "request",
            extra={
                "method": method,
                "route": route,
                "status": answer.status_code,
                "duration_ms": round(seconds * 1000, 2),
            },
        )
        metrics.requests.labels(
            route or "none", method if route else "any", answer.status_code
        ).observe(seconds)
        return answer

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        logs.request_id.reset(g.begun[1])

    @app.errorhandler(Exception)
    def break_down(error: Exception) -> Response:
        logging.getLogger("stars").error("internal_error", exc_info=error)
        return answer_refusal(errors.InternalError())

    def name_methods() -> Response:
        """What OPTIONS answers: the methods of this very route, not of every route that fits the address too."""
        answer = Response()
        here = cast(Rule, request.url_rule).rule
        for rule in app.url_map.iter_rules():
            answer.allow.update(rule.methods or () if rule.rule == here else ())
        return answer

    app.make_default_options_response = name_methods  # type: ignore[method-assign]
    app.register_error_handler(errors.Refusal, answer_refusal)
