"""What front ends of other origins may call. What is not named here, no other page may read."""

import re

from flask import Flask
from flask_cors import CORS

RESOURCES: list[str | re.Pattern[str]] = [
    r"^/api/v1/purchase(/.*)?$",
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
ANSWER_HEADERS = ["Idempotent-Replayed", "Retry-After", "X-Request-Id"]
MAX_AGE = 600
"""Seconds for which a browser does not ask again: what Chromium keeps an answer at most, twice."""


def install(app: Flask, origins: tuple[str, ...]) -> None:
    """Let pages of these origins call RESOURCES."""
    CORS(
        app,
        origins=list(origins),
        resources=RESOURCES,
        allow_headers=REQUEST_HEADERS,
        expose_headers=ANSWER_HEADERS,
        max_age=MAX_AGE,
    )
