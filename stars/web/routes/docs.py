"""/docs: every call to try by hand, in Swagger UI, which needs no internet."""

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, send_from_directory

from stars.web.pages import render

blp = Blueprint("docs", __name__)

SWAGGER_UI = Path(flask_swagger_ui.__file__).parent / "dist"
CACHED_FOR = 24 * 3600
"""Seconds: the files change with a release alone."""


@blp.get("/docs")
def show_docs() -> Response:
    """Show the OpenAPI document as pages."""
    answer = render("docs.html")
    # Swagger UI has styles in its elements, and pictures in its style sheet.
    policy = answer.headers["Content-Security-Policy"]
    policy = policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
    policy = policy.replace("img-src 'self'", "img-src 'self' data:")
    answer.headers["Content-Security-Policy"] = policy
    return answer


@blp.get("/docs/assets/<path:name>")
def send_asset(name: str) -> Response:
    """Send a file of Swagger UI."""
    return send_from_directory(SWAGGER_UI, name, max_age=CACHED_FOR)
