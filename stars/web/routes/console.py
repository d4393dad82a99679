"""/console: the list of purchases, and the page of each, where the staff looks and acts."""

from datetime import datetime
from itertools import pairwise

from flask import Response, request

from stars import errors
from stars.domain import purchases, wording
from stars.domain.events import history
from stars.domain.types import ANYBODY, Event
from stars.schemas.requests import ConsoleFilters
from stars.web.bodies import load, read_purchase_id
from stars.web.console import console_blueprint, show
from stars.web.pages import see_other
from stars.web.requests import address, request_id, service

blp = console_blueprint("console")

ROWS = 50
"""On a page: a screen or two."""

FILTERS = ConsoleFilters()


@blp.get("")
def list_purchases() -> Response:
    """Show purchases, newest first: all, or those that the filters ask for, a page at a time."""
    sent = {name: value.strip() for name, value in request.args.items() if value.strip()}
    asked = load(FILTERS, sent, errors.InvalidQuery)
    if "purchase_id" in asked:
        return see_other(f"console/purchases/{asked['purchase_id']}")
    found = purchases.find(
        service().db,
        limit=ROWS + 1,  # one more tells that there are more
        after=asked.get("after"),
        status=asked.get("status"),
        user_id=asked.get("user_id"),
        purchase_type=asked.get("purchase_type"),
        source=asked.get("source"),
        channel=asked.get("channel"),
        since=asked.get("since"),
        until=asked.get("until"),
    )
    filters = {name: value for name, value in sent.items() if name != "after"}
    older = None
    if len(found) > ROWS:
        last = found[ROWS - 1]
        older = filters | {"after": f"{last['created_at']}_{last['purchase_id']}"}
    return show(
        "purchases.html",
        purchases=found[:ROWS],
        sent=filters,
        asked=asked,
        older=older,
        first="after" not in asked,
    )


@blp.get("/purchases/<purchase_id>")
def show_purchase(purchase_id: str) -> Response:
    """Show one purchase: what it is, what happened to it and when, and what may be done to it."""
    here = service()
    purchase = purchases.get(here.db, purchase_id=read_purchase_id(purchase_id), owner=ANYBODY)
    events = history(here.db, purchase_id=purchase_id, owner=ANYBODY)
    return show(
        "purchase.html",
        purchase=purchase,
        steps=list(zip(events, pauses_before(events), strict=True)),
        actions=here.payments.operator_actions(purchase),
    )


@blp.post("/purchases/<purchase_id>")
def act(purchase_id: str) -> Response:
    """Complete, fail or reopen a mock purchase; refund a live one."""
    here = service()
    purchases.get(
        here.db,
        purchase_id=read_purchase_id(purchase_id),
        owner=ANYBODY,
        mode=here.payments.mode,
    )
    here.payments.act(
        request.form.get("action", ""),
        purchase_id=purchase_id,
        request_id=request_id(),
        address=address(),
    )
    return see_other(f"./{purchase_id}")


def pauses_before(events: list[Event]) -> list[str]:
    """Return how long before each event nothing happened; nothing is said of the first."""
    times = [datetime.fromisoformat(event["created_at"]) for event in events]
    pauses = [""]
    for earlier, later in pairwise(times):
        milliseconds = (later - earlier).total_seconds() * 1000
        pauses.append(wording.duration(milliseconds))
    return pauses
