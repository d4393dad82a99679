"""/console/purchases/<id>: one purchase, what happened to it, and what the staff may do to it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from flask import Response, request

from stars.domain import purchases, subscriptions, wording
from stars.domain.events import history
from stars.domain.types import ANYBODY, Event, Purchase
from stars.errors import PurchaseNotFound
from stars.schemas.values import IDENTIFIER
from stars.web.console import console_blueprint, show
from stars.web.pages import see_other
from stars.web.requests import address, request_id, service

blp = console_blueprint("console_purchase")

STATUS_AFTER = {
    "complete": "succeeded",
    "fail": "failed",
    "reopen": "pending",
    "refund": "refunded",
    "renew": "succeeded",
    "fail_renewal": "succeeded",
    "cancel_renewals": "succeeded",
    "resume_renewals": "succeeded",
    "allow_renewals": "succeeded",
    "expire": "succeeded",
}
"""In which status each action leaves a purchase."""

IRREVOCABLE = {"refund"}
"""Actions that give money away: the console asks before it does them."""


@dataclass(frozen=True)
class Step:
    """An event, and how long before it nothing happened; nothing is said of the first."""

    event: Event
    pause: str


@blp.get("/purchases/<purchase_id>")
def show_purchase(purchase_id: str) -> Response:
    """Show one purchase; with ?done=..., what was done to it."""
    here = service()
    purchase = find(purchase_id)
    done = request.args.get("done", "")
    return show(
        "purchase.html",
        purchase=purchase,
        steps=steps_of(history(here.db, purchase_id=purchase_id, owner=ANYBODY)),
        subscription=subscriptions.find_one(here.db, purchase_id=purchase_id, owner=ANYBODY),
        charges=here.payments.charges_of(purchase_id),
        actions=here.payments.operator_actions(purchase),
        # An address may claim anything: it is believed if the purchase bears it out.
        done=done if STATUS_AFTER.get(done) == purchase["status"] else None,
    )


@blp.post("/purchases/<purchase_id>")
def act(purchase_id: str) -> Response:
    """Do one of the payments' operator_actions; what gives money away, after asking."""
    here = service()
    action = request.form.get("action", "")
    purchase = find(purchase_id)
    if purchase["mode"] != here.payments.mode:
        raise PurchaseNotFound("It was made in the other mode: nothing can be done to it here.")
    if action in IRREVOCABLE and "sure" not in request.form:
        return show("sure.html", purchase=purchase, action=action)
    here.payments.act(
        action,
        purchase_id=purchase_id,
        request_id=request_id(),
        address=address(),
    )
    return see_other(f"./{purchase_id}?done={action}")


def find(purchase_id: str) -> Purchase:
    """Return a purchase, whoever owns it. Raises PurchaseNotFound in words for the staff."""
    try:
        if not IDENTIFIER.fullmatch(purchase_id):
            raise PurchaseNotFound
        return purchases.get(service().db, purchase_id=purchase_id, owner=ANYBODY)
    except PurchaseNotFound:
        raise PurchaseNotFound("No purchase has this id. Search for a part of it above.") from None


def steps_of(events: list[Event]) -> list[Step]:
    """Return events with the pauses between them."""
    times = [datetime.fromisoformat(event["created_at"]) for event in events]
    pauses = [""]
    for earlier, later in pairwise(times):
        milliseconds = (later - earlier).total_seconds() * 1000
        pauses.append(wording.duration(milliseconds))
    return [Step(event, pause) for event, pause in zip(events, pauses, strict=True)]
