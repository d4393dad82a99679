"""The API and its OpenAPI document: each route is described once, beside its code."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import flask_smorest
from flask import Flask, Response
from marshmallow import Schema
from werkzeug.exceptions import HTTPException

from stars.errors import Refusal
from stars.schemas.answers import Problem
from stars.schemas.examples import EXAMPLES
from stars.schemas.values import COMPONENTS, IDENTIFIER
from stars.web.problems import answer_http_exception, document_refusals

JSON = "application/json"
SECURITY = {
    "launchData": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "tma <initData>",
    },
    "shopToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the shop's own, where AUTH_JWT_SECRET or AUTH_JWKS_URL is set.",
    },
    "serverKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of `flask keys create`, for the shop's backend.",
    },
    "metricsToken": {"type": "http", "scheme": "bearer"},
    "consolePassword": {
        "type": "http",
        "scheme": "basic",
        "description": "Any user name, CONSOLE_PASSWORD.",
    },
}
INTRODUCTION = """\
The flow, to be tried here from top to bottom: open a call and press *Execute*; everything it \
needs is filled in. In mock mode you are whoever `X-User-Id` says; elsewhere press *Authorize* \
and give `tma <initData>`. Every call may be sent again: what has happened is answered once \
more, with `Idempotent-Replayed: true`."""
CONFIG = {
    "API_TITLE": "Telegram Stars payments",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/",
    # The server is where the document is: the service may stand under a path of another's.
    "API_SPEC_OPTIONS": {"info": {"description": INTRODUCTION}, "servers": [{"url": "."}]},
}

PURCHASE_ID: dict[str, Any] = {
    "in": "path",
    "name": "purchase_id",
    "required": True,
    "schema": {"type": "string", "minLength": 1},
    "example": EXAMPLES["purchase"]["purchase_id"],
}

USER: list[dict[str, Any]] = [
    {"launchData": []},
    {"shopToken": []},
    {"serverKey": []},
    {},
]
X_USER_ID: dict[str, Any] = {
    "in": "header",
    "name": "X-User-Id",
    "schema": {"type": "string", "pattern": f"^{IDENTIFIER.pattern}$"},
    "example": "alice",
    "description": "Who is calling, in mock mode; with a server key, in whose name. Elsewhere only "
    "`Authorization: tma` counts.",
}

View = Callable[..., Response]


@dataclass(frozen=True, kw_only=True)
class Body:
    """What a route takes: a schema, and an example of it."""

    schema: Schema
    example: object | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One way in which a route answers when it does not refuse.

    `schema` None stands for an answer without a body. Without a `description` it is what HTTP
    calls the status.
    """

    status: int = 200
    schema: Schema | dict[str, Any] | None = None
    example: object | None = None
    description: str = ""
    headers: dict[str, Any] | None = None
    content_type: str = JSON


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's blueprint, whose routes are described by one decorator.

    The decorator only documents. What a route reads, and whom it lets in, its code says.
    """

    def describe(
        self,
        *answers: Answer,
        refuses: tuple[type[Refusal], ...] = (),
        body: Body | None = None,
        parameters: list[dict[str, Any]] | None = None,
        security: list[dict[str, Any]] | None = None,
    ) -> Callable[[View], View]:
        """Document a route.

        Args:
            answers: how it answers, the usual one first.
            refuses: which refusals it may raise.
            body: what it takes.
            parameters: OpenAPI's parameters, of its headers, path and query.
            security: OpenAPI's alternatives of identification.

        """
        responses = {str(answer.status): document_answer(answer) for answer in answers}
        operation: dict[str, Any] = {"responses": responses | document_refusals(refuses)}
        if body is not None:
            operation["requestBody"] = document_body(body)
        if parameters is not None:
            operation["parameters"] = parameters
        if security is not None:
            operation["security"] = security
        return cast(Callable[[View], View], self.doc(**operation))


class Api(flask_smorest.Api):
    """flask-smorest's Api, which answers with our problem documents what Flask refuses."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Return the answer to `error`."""
        return answer_http_exception(error)


def install(app: Flask, blueprints: list[Blueprint]) -> None:
    """Register these blueprints with `app`, and its OpenAPI document of them."""
    app.config.update(CONFIG)
    api = Api(app, spec_kwargs={"components": {"securitySchemes": SECURITY}})
    for name, component in COMPONENTS.items():
        api.spec.components.schema(name, component)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)


def document_body(body: Body) -> dict[str, Any]:
    """Return what OpenAPI says of a request's body."""
    content: dict[str, Any] = {"schema": body.schema}
    if body.example is not None:
        content["example"] = body.example
    return {"required": True, "content": {JSON: content}}


def document_answer(answer: Answer) -> dict[str, Any]:
    """Return what OpenAPI says of an answer."""
    described: dict[str, Any] = {
        "description": answer.description or HTTPStatus(answer.status).phrase
    }
    if answer.schema is not None:
        content = {"schema": answer.schema, "example": answer.example}
        described["content"] = {answer.content_type: content}
    if answer.headers is not None:
        described["headers"] = answer.headers
    return described
