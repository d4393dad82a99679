"""/console: what the staff looks at and clicks. Everything it does goes through the domain functions, as a call would."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from flask import Blueprint, Response, request

from stars import errors
from stars.database import migrate
from stars.domain import funnel, purchases
from stars.domain.events import history
from stars.domain.types import ANYBODY
from stars.mock import outcomes as mock
from stars.schemas import wire as schemas
from stars.web.bodies import load
from stars.web.http import address, for_staff, request_id, service
from stars.web.pages import page, render, see_other
from stars.web.routes.purchase import possible

blp = Blueprint("console", __name__, url_prefix="/console")

ROWS = 50  # a page: a screen or two
FILTERS, OUTCOME, FUNNEL = schemas.ConsoleFilters(), schemas.OutcomeRequest(), schemas.FunnelQuery()


def show(template: str, **values: Any) -> Response:
    """A page of the console, with the state of the service in its head."""
    here = service()
    migrations = migrate.status(here.db)
    state = {
        "mode": here.settings.mode,
        "schema": max((one.number for one in migrations if one.applied_at), default=0),
        "missing": [one.name for one in migrations if not one.applied_at],
        "database": migrate.server_version(here.db),
    }
    return render(f"console/{template}", state=state, **values)


@blp.get("")
@page("console/refused.html")
@for_staff
def list_purchases() -> Response:
    """Purchases, newest first: all, or those that the filters ask for, a page at a time."""
    sent = {name: value.strip() for name, value in request.args.items() if value.strip()}
    asked = load(FILTERS, sent, errors.InvalidQuery)
    if purchase_id := asked.pop("purchase_id", None):
        return see_other(f"console/purchases/{purchase_id}")
    after = asked.pop("after", None)
    found = purchases.find(service().db, limit=ROWS + 1, after=after, **asked)
    sent.pop("after", None)
    more = found[ROWS - 1] if len(found) > ROWS else None
    older = {**sent, "after": f"{more['created_at']}_{more['purchase_id']}"} if more else None
    return show(
        "purchases.html",
        purchases=found[:ROWS],
        sent=sent,
        asked=asked,
        older=older,
        first=after is None,
    )


@blp.get("/purchases/<purchase_id>")
@page("console/refused.html")
@for_staff
def show_purchase(purchase_id: str) -> Response:
    """One purchase: what it is, what happened to it and when, and what may be done to it."""
    here = service()
    purchase = purchases.get(here.db, purchase_id=possible(purchase_id), owner=ANYBODY)
    events = history(here.db, purchase_id=purchase_id, owner=ANYBODY)
    times = [datetime.fromisoformat(event["created_at"]) for event in events]
    pauses = [""]
    for earlier, later in pairwise(times):
        milliseconds = (later - earlier).total_seconds() * 1000
        pauses.append(funnel.duration(milliseconds))
    return show(
        "purchase.html",
        purchase=purchase,
        steps=list(zip(events, pauses, strict=True)),
        actions=here.payments.operator_actions(purchase),
    )


@blp.post("/purchases/<purchase_id>")
@page("console/refused.html")
@for_staff
def act(purchase_id: str) -> Response:
    """Complete, fail or reopen a mock purchase; refund a live one."""
    here = service()
    mode = here.payments.mode
    purchases.get(here.db, purchase_id=possible(purchase_id), owner=ANYBODY, mode=mode)
    here.payments.act(
        request.form.get("action", ""),
        purchase_id=purchase_id,
        request_id=request_id(),
        address=address(),
    )
    return see_other(f"./{purchase_id}")


@blp.get("/funnel")
@page("console/refused.html")
@for_staff
def show_funnel() -> Response:
    """What became of the invoices of a window: by day, and by what is asked for."""
    here = service()
    sent = {name: value for name, value in request.args.items() if value}
    asked: dict[str, Any] = {"by": "purchase_type", "until": datetime.now(UTC)} | load(
        FUNNEL, sent, errors.InvalidQuery
    )
    by_day = funnel.measure(here.db, mode=here.payments.mode, **asked | {"by": "day"})
    found = funnel.measure(here.db, mode=here.payments.mode, **asked)
    return show(
        "funnel.html",
        found=found,
        days=by_day["groups"],
        sent=sent,
        words=funnel,
        dimensions=schemas.DIMENSIONS,
    )


@blp.get("/outcomes")
@page("console/refused.html")
@for_staff
def list_outcomes() -> Response:
    """What is armed, and a form to arm more."""
    if service().settings.mode != "mock":
        raise errors.NotFound
    return show("outcomes.html", armed=mock.armed(service().db), outcomes=schemas.OUTCOMES)


@blp.post("/outcomes")
@page("console/refused.html")
@for_staff
def change_outcomes() -> Response:
    """Arm an outcome, clear one, or clear all."""
    here, form = service(), request.form
    if here.settings.mode != "mock":
        raise errors.NotFound
    if form.get("clear") == "all":
        mock.disarm_all(here.db)
    elif "clear" in form:
        mock.disarm_one(here.db, form.get("clear", 0, type=int))
    else:
        match = {name: form[name].strip() for name in mock.MATCHED if form.get(name, "").strip()}
        mock.arm(
            here.db,
            **load(
                OUTCOME,
                {
                    "match": match,
                    "outcome": form.get("outcome"),
                    "delay": form.get("delay", type=float),
                    "times": form.get("times", type=int),
                },
            ),
        )
    return see_other("./outcomes")
