"""What front ends of other origins may call. What is not named here, no other page may read."""

import re

from flask import Flask
from flask_cors import CORS, cross_origin
from werkzeug.exceptions import NotFound

from stars.config import Settings
from stars.web.nowhere import answer_nowhere

RESOURCES: list[str | re.Pattern[str]] = [
    r"^/api/v1/purchase(/.*)?$",
    r"^/api/v1/items$",
    r"^/api/v1/mock/.*$",
    r"^/mock/.*$",
    r"^/static/.*$",
    r"^/openapi\.json$",
    r"^/livez$",
]
REQUEST_HEADERS = [
    "Authorization",
    "Content-Type",
    "X-Mock-Delay",
    "X-Mock-Outcome",
    "X-Request-Id",
    "X-User-Id",
]
TRACING_HEADERS = ["baggage", "sentry-trace", "traceparent", "tracestate"]
"""What front ends send along without knowing it: W3C Trace Context, and Sentry's own."""

ANSWER_HEADERS = ["Idempotent-Replayed", "Retry-After", "X-Request-Id"]
MAX_AGE = 600
"""Seconds for which a browser need not ask again. Chromium takes no more than 7200."""


def install(app: Flask, settings: Settings) -> None:
    """Let pages of the origins in CORS_ORIGINS call RESOURCES.

    They may also call what is not there, and read that it is not.
    """
    app.config.update(
        CORS_ORIGINS=list(settings.cors_origins),
        CORS_ALLOW_HEADERS=allowed_headers(settings),
        CORS_EXPOSE_HEADERS=ANSWER_HEADERS,
        CORS_MAX_AGE=MAX_AGE,
    )
    CORS(app, resources=RESOURCES)
    allow = cross_origin(automatic_options=False)
    app.register_error_handler(NotFound, allow(answer_nowhere))


def allowed_headers(settings: Settings) -> str | list[str]:
    """Return the headers that a page may send: in development whatever it asks for."""
    if settings.app_env == "development":
        return "*"
    return [*REQUEST_HEADERS, *TRACING_HEADERS, *settings.cors_headers]
