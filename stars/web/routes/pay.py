"""The payment sheet behind the mock's pay links. Mock mode only.

Whoever has a pay link may act on it: nobody can guess one.
"""

from flask import Blueprint, Response, request

from stars import errors
from stars.domain.events import history
from stars.domain.types import ANYBODY
from stars.mock import links, outcomes
from stars.web.pages import allow_isolated, front_ends, render, render_refusal, see_other
from stars.web.requests import mock_payments, request_id, service

blp = Blueprint("pay", __name__, url_prefix="/mock/pay")
blp.after_request(allow_isolated)

OUTCOMES = {"paid": "succeeded", "failed": "failed", "cancelled": "pending", "pending": "pending"}
"""Telegram's four outcomes, and the status in which each leaves a purchase.

https://core.telegram.org/bots/webapps#initializing-mini-apps, invoiceClosed.
"""


@blp.errorhandler(errors.Refusal)
def show_refusal(refusal: errors.Refusal) -> Response:
    """Show a refusal where the sheet would be."""
    return render_refusal("refused.html", refusal, front_ends())


@blp.get("/<link>")
def show_payment(link: str) -> Response:
    """Show the payment sheet; with ?outcome=..., what happened."""
    db = service().db
    purchase = links.find_purchase(db, link)
    outcome = request.args.get("outcome", "")
    happened = OUTCOMES.get(outcome) == purchase["status"]
    return render(
        "pay.html",
        framed_by=front_ends(),
        purchase=purchase,
        history=history(db, purchase_id=purchase["purchase_id"], owner=ANYBODY),
        outcome=outcome if happened else None,
        armed=outcomes.armed_for(db, purchase["purchase_id"]),
    )


@blp.post("/<link>")
def end_payment(link: str) -> Response:
    """Do what a button of the sheet says."""
    purchase_id = links.find_purchase(service().db, link)["purchase_id"]
    outcome = request.form.get("outcome", "")
    if outcome not in OUTCOMES:
        expected = f"Must be one of: {', '.join(OUTCOMES)}."
        raise errors.InvalidPurchasePayload(errors={"outcome": [expected]})
    mock_payments().end_by_link(outcome, purchase_id=purchase_id, request_id=request_id())
    return see_other(f"?outcome={outcome}")
