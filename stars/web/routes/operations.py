"""Operations: is it alive, is it ready, what has it counted."""

import hmac

from flask import Response, request

from stars import errors, metrics
from stars.schemas.answers import StatusAnswer
from stars.web import health
from stars.web.answers import respond
from stars.web.api import Answer, Blueprint
from stars.web.requests import service
from stars.web.state import missing_migrations

blp = Blueprint("operations", __name__, description="For the platform and the people on call.")

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@blp.get("/livez")
@blp.describe(Answer(schema=StatusAnswer(), example={"status": "ok"}))
def livez() -> Response:
    """Is the process alive? Asks nothing else"""
    return respond({"status": "ok"})


@blp.get("/readyz")
@blp.describe(
    Answer(schema=StatusAnswer(), example={"status": "ok"}),
    refuses=(errors.DatabaseUnavailable, errors.Busy),
)
def readyz() -> Response:
    """Can it serve? The database answers and has every migration of this release"""
    missing = missing_migrations(service().db)
    if missing:
        names = ", ".join(missing)
        raise errors.DatabaseUnavailable(f"The database lacks {names}: run flask db migrate.")
    return respond({"status": "ok"})


@blp.get("/metrics")
@blp.describe(
    Answer(
        schema={"type": "string"},
        content_type="text/plain",
        description="In Prometheus' text format.",
        example='stars_purchase_outcomes_total{name="purchase_succeeded"} 3.0',
    ),
    refuses=(errors.Unauthorized,),
    security=[{"metricsToken": []}, {}],
)
def read_metrics() -> Response:
    """What all workers have counted, for Prometheus"""
    admit_scraper(service().settings.metrics_token)
    found = metrics.exposition() + metrics.exposition_of(health.gauges(service()))
    return Response(found, content_type=METRICS_TYPE)


def admit_scraper(token: str | None) -> None:
    """Raise Unauthorized unless the current request has this bearer token, if one is set."""
    if token is None:
        return
    sent = request.headers.get("Authorization", "")
    if not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
        raise errors.Unauthorized("Send Authorization: Bearer <METRICS_TOKEN>.", challenge="Bearer")
