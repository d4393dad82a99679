"""/console/funnel: what became of the invoices of a window."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, request

from stars.domain import funnel, retention, wording
from stars.errors import InvalidQuery
from stars.schemas.funnel import DIMENSIONS, FunnelQuery
from stars.web import charts
from stars.web.bodies import load
from stars.web.console import console_blueprint, show
from stars.web.requests import service

blp = console_blueprint("console_funnel")

FUNNEL_QUERY = FunnelQuery()
WINDOWS = {
    "24h": ("24 hours", timedelta(hours=24)),
    "7d": ("7 days", timedelta(days=7)),
    "30d": ("30 days", timedelta(days=30)),
}
"""Windows that end now, by their names in the address: what is said of each, and how long it is."""

FEW_DAYS = 14
"""As many lines of text as a phone shows at once; more days are columns."""


@blp.get("/funnel")
def show_funnel() -> Response:
    """Show the funnel: by day, and by what is asked for. What is refused keeps the form."""
    sent = {name: value for name, value in request.args.items() if value}
    try:
        found = measure(sent)
    except InvalidQuery as refusal:
        return show_page(sent, refusal=refusal)
    return show_page(sent, **found)


def measure(sent: dict[str, str]) -> dict[str, Any]:
    """Return what the page tells of the window that is asked for. Raises InvalidQuery."""
    here = service()
    asked = load(FUNNEL_QUERY, {name: sent[name] for name in sent if name != "last"}, InvalidQuery)
    mode = here.payments.mode
    until = asked.get("until", datetime.now(UTC))  # both counts are of the same window
    since = asked.get("since")
    if "last" in sent:
        since = until - length_of(sent["last"])
    by = asked.get("by", "purchase_type")
    by_day = funnel.measure(here.db, mode=mode, since=since, until=until, by="day")
    days = by_day["groups"]
    found = funnel.measure(here.db, mode=mode, since=since, until=until, by=by)
    return {
        "found": found,
        "days": days,
        "columns": charts.columns(days) if len(days) > FEW_DAYS else None,
        "retention": retention.measure(
            here.db, mode=mode, since=found["since"], until=found["until"]
        ),
    }


def length_of(name: str) -> timedelta:
    """Return how long the window of this name is. Raises InvalidQuery."""
    if name not in WINDOWS:
        raise InvalidQuery(errors={"last": [f"Must be one of: {', '.join(WINDOWS)}."]})
    return WINDOWS[name][1]


def show_page(sent: dict[str, str], **values: Any) -> Response:
    """Return the page, with the form as it was sent."""
    refusal = values.get("refusal")
    return show(
        "funnel.html",
        status=refusal.status if refusal else 200,
        sent=sent,
        windows=WINDOWS,
        words=wording,
        dimensions=DIMENSIONS,
        **values,
    )
