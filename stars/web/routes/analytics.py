"""/api/v1/analytics: what the staff asks of all purchases together."""

from typing import Any

from flask import Response

from stars import errors
from stars.domain import funnel
from stars.schemas import values
from stars.schemas import wire as schemas
from stars.web.http import Blueprint, for_staff, respond, service

blp = Blueprint(
    "analytics", __name__, url_prefix="/api/v1/analytics", description="Where buyers drop out."
)


@blp.route("/funnel")
@for_staff
@blp.arguments(schemas.FunnelQuery(), location="query")
@blp.response(200, schemas.FunnelAnswer(), example=values.EXAMPLES["funnel"])
@blp.refuses(
    errors.Unauthorized,
    errors.NotFound,
    errors.InvalidQuery,
    errors.DatabaseUnavailable,
    errors.Busy,
    security=[{"consolePassword": []}, {}],
)
def measure_funnel(asked: dict[str, Any]) -> Response:
    """Count what became of the invoices of a window

    For the staff. An invoice counts in the window `[since, until)` in which it was created and is followed to its last
    event, whenever that was; one that failed and was tried again counts once. `before` tells the same of the window
    before, which is as long. Times are those from the invoice to the purchase.
    """
    here = service()
    return respond(funnel.measure(here.db, mode=here.payments.mode, **asked))
