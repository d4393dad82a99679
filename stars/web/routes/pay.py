"""The mock's pages: the payment sheet behind pay_url, openInvoice for a front end, and a demo that uses both.

They exist in mock mode alone. Whoever has a pay link may act on it: it is signed, so nobody can guess one.
"""

from flask import Blueprint, Response, request, send_from_directory

from stars import errors
from stars.domain import purchases
from stars.domain.events import history
from stars.domain.types import ANYBODY
from stars.mock.payments import MockPayments
from stars.web.http import request_id, service
from stars.web.pages import page, render, see_other

blp = Blueprint("pay", __name__, url_prefix="/mock")

# Telegram's four outcomes (https://core.telegram.org/bots/webapps#initializing-mini-apps, invoiceClosed), and the
# status in which each leaves a purchase. The last two change nothing.
OUTCOMES = {"paid": "succeeded", "failed": "failed", "cancelled": "pending", "pending": "pending"}
DEMO = (  # item, type, price
    ("golden-sword", "cosmetic", 50),
    ("dragon-skin", "cosmetic", 250),
    ("double-speed", "boost", 25),
    ("extra-life", "boost", 1),
    ("starter-pack", "stars_pack", 100),
    ("treasure", "stars_pack", 2500),
)


def framed_by() -> str:
    """Who may show the payment over their page: the front ends that may call the service."""
    return " ".join(["'self'", *service().settings.cors_origins])


def mock_payments() -> MockPayments:
    """Return the mock. Raises NotFound in other modes."""
    payments = service().payments
    if not isinstance(payments, MockPayments):
        raise errors.NotFound
    return payments


@blp.get("/pay/<link>")
@page("refused.html", framed_by)
def show_payment(link: str) -> Response:
    """The payment sheet; with ?outcome=..., what happened."""
    purchase_id = mock_payments().purchase_id_of(link)
    db = service().db
    purchase = purchases.get(db, purchase_id=purchase_id, owner=ANYBODY, mode="mock")
    events = history(db, purchase_id=purchase_id, owner=ANYBODY)
    outcome = request.args.get("outcome")
    if OUTCOMES.get(outcome or "") != purchase["status"]:  # not what happened, or no longer
        outcome = None
    return render(
        "pay.html", framed_by=framed_by(), purchase=purchase, history=events, outcome=outcome
    )


@blp.post("/pay/<link>")
@page("refused.html", framed_by)
def end_payment(link: str) -> Response:
    """What a button of the sheet does."""
    payments = mock_payments()
    purchase_id = payments.purchase_id_of(link)
    outcome = request.form.get("outcome", "")
    if outcome not in OUTCOMES:
        expected = f"Must be one of: {', '.join(OUTCOMES)}."
        raise errors.InvalidPurchasePayload(errors={"outcome": [expected]})
    payments.end_by_link(outcome, purchase_id=purchase_id, request_id=request_id())
    return see_other(f"?outcome={outcome}")


@blp.get("/telegram-web-app.js")
def web_app_script() -> Response:
    """Gives a page openInvoice as in Telegram. Where money is real it does nothing, so that a front end may leave it in."""
    settings = service().settings
    if settings.mode == "mock" or settings.is_rehearsal:
        name = "rehearsal.js" if settings.is_rehearsal else "telegram-web-app.js"
        script = send_from_directory("web/static", name, mimetype="text/javascript")
    else:
        script = Response(
            "// The mock is off: this is Telegram's own business.\n", mimetype="text/javascript"
        )
    script.headers["Cache-Control"] = "no-cache"  # the mode may be another one after the next start
    return script


@blp.get("/demo")
@page("refused.html")
def demo() -> Response:
    """A Mini App of one page, to try and to copy from: in the mock, and in a rehearsal of live mode."""
    settings = service().settings
    if settings.mode != "mock" and not settings.is_rehearsal:
        raise errors.NotFound
    return render("demo.html", items=DEMO)
