"""/console/funnel: what became of the invoices of a window."""

from datetime import UTC, datetime

from flask import Response, request

from stars import errors
from stars.domain import funnel, wording
from stars.schemas.funnel import DIMENSIONS, FunnelQuery
from stars.web.bodies import load
from stars.web.console import console_blueprint, show
from stars.web.requests import service

blp = console_blueprint("console_funnel")

FUNNEL_QUERY = FunnelQuery()


@blp.get("/funnel")
def show_funnel() -> Response:
    """Show the funnel: by day, and by what is asked for."""
    here = service()
    sent = {name: value for name, value in request.args.items() if value}
    asked = load(FUNNEL_QUERY, sent, errors.InvalidQuery)
    mode = here.payments.mode
    since = asked.get("since")
    until = asked.get("until", datetime.now(UTC))  # both counts are of the same window
    by = asked.get("by", "purchase_type")
    by_day = funnel.measure(here.db, mode=mode, since=since, until=until, by="day")
    return show(
        "funnel.html",
        found=funnel.measure(here.db, mode=mode, since=since, until=until, by=by),
        days=by_day["groups"],
        sent=sent,
        words=wording,
        dimensions=DIMENSIONS,
    )
