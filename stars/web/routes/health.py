"""Operations: is it alive, is it ready, what has it counted; and the files /docs is made of."""

import hmac
from pathlib import Path

import flask_swagger_ui
from flask import Response, request, send_from_directory

from stars import errors, metrics
from stars.database import migrate
from stars.schemas import wire as schemas
from stars.web.http import Blueprint, respond, service

blp = Blueprint("operations", __name__, description="For the platform and the people on call.")

SWAGGER_UI = (
    Path(flask_swagger_ui.__file__).parent / "dist"
)  # the files alone: /docs works without the internet


@blp.route("/livez")
@blp.response(200, schemas.StatusAnswer(), example={"status": "ok"})
def livez() -> Response:
    """Is the process alive? Asks nothing else"""
    return respond({"status": "ok"})


@blp.route("/readyz")
@blp.response(200, schemas.StatusAnswer(), example={"status": "ok"})
@blp.refuses(errors.DatabaseUnavailable, errors.Busy)
def readyz() -> Response:
    """Can it serve? The database answers and has every migration of this release"""
    missing = [
        migration.name for migration in migrate.status(service().db) if migration.applied_at is None
    ]
    if missing:
        raise errors.DatabaseUnavailable(
            f"The database lacks {', '.join(missing)}: run flask db migrate."
        )
    return respond({"status": "ok"})


@blp.route("/metrics")
@blp.response(
    200,
    {"type": "string"},
    content_type="text/plain",
    description="In Prometheus' text format.",
    example='stars_purchase_outcomes_total{name="purchase_succeeded"} 3.0',
)
@blp.refuses(errors.Unauthorized, security=[{"metricsToken": []}, {}])
def read_metrics() -> Response:
    """What all workers have counted, for Prometheus"""
    token = service().settings.metrics_token
    if token and not hmac.compare_digest(
        request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()
    ):
        raise errors.Unauthorized("Send Authorization: Bearer <METRICS_TOKEN>.", challenge="Bearer")
    return Response(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def docs_asset(name: str) -> Response:
    """A file of Swagger UI. No part of the API, so create_app adds it past the blueprint."""
    return send_from_directory(SWAGGER_UI, name, max_age=86400)
