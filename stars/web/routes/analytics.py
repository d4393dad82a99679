"""/api/v1/analytics: what the staff asks of all purchases together."""

from flask import Response

from stars import errors
from stars.domain import funnel, retention
from stars.schemas.examples import EXAMPLES
from stars.schemas.funnel import FunnelAnswer, FunnelQuery
from stars.web.answers import respond
from stars.web.api import Answer, Blueprint
from stars.web.bodies import read_query
from stars.web.callers.staff import admit_staff
from stars.web.requests import service

blp = Blueprint(
    "analytics", __name__, url_prefix="/api/v1/analytics", description="Where buyers drop out."
)
blp.before_request(admit_staff)

FUNNEL_QUERY = FunnelQuery()


@blp.get("/funnel")
@blp.describe(
    Answer(schema=FunnelAnswer(), example=EXAMPLES["funnel"]),
    refuses=(
        errors.Unauthorized,
        errors.NotFound,
        errors.InvalidQuery,
        errors.DatabaseUnavailable,
        errors.Busy,
    ),
    parameters=[{"in": "query", "schema": FUNNEL_QUERY}],
    security=[{"consolePassword": []}, {}],
)
def measure_funnel() -> Response:
    """Count what became of the invoices of a window

    For the staff. An invoice counts in the window `[since, until)` in which it was created and is
    followed to its last event, whenever that was; one that failed and was tried again counts once.
    `before` tells the same of the window before, which is as long. Times are those from the
    invoice to the purchase. `subscriptions` tells of those of the window, and by the month in which
    they began how many have stayed.
    """
    asked = read_query(FUNNEL_QUERY)
    here = service()
    found = funnel.measure(
        here.db,
        mode=here.payments.mode,
        since=asked.get("since"),
        until=asked.get("until"),
        by=asked.get("by"),
    )
    told = retention.measure(
        here.db, mode=here.payments.mode, since=found["since"], until=found["until"]
    )
    return respond({**found, "subscriptions": told})
