"""The mock's pages: the payment sheet behind pay_url, openInvoice for a front end, and a demo that uses both.

They exist in mock mode alone. Whoever has a pay link may act on it: it is signed, so nobody can guess one.
"""

from flask import Blueprint, Response, request, send_from_directory
from itsdangerous import BadSignature

from stars import errors, logs
from stars.domain import purchases
from stars.web.http import service
from stars.web.pages import page, render, see_other
from stars.web.routes.mock import in_mock_mode

blp = Blueprint("pay", __name__, url_prefix="/mock")

# Telegram's four outcomes (https://core.telegram.org/bots/webapps#initializing-mini-apps, invoiceClosed), and the
# status in which each leaves a purchase. The last two change nothing.
OUTCOMES = {"paid": "succeeded", "failed": "failed", "cancelled": "pending", "pending": "pending"}
ACTIONS = {"paid": purchases.record_purchase, "failed": purchases.fail_purchase}
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


def read_link(link: str) -> str:
    """The purchase_id of a pay link. Raises NotFound for a guessed or altered one."""
    try:
        return service().links.unsign(link).decode()
    except BadSignature:
        raise errors.NotFound from None


@blp.get("/pay/<link>")
@page("refused.html", framed_by)
@in_mock_mode
def show_payment(link: str) -> Response:
    """The payment sheet; with ?outcome=..., what happened."""
    db, purchase_id = service().db, read_link(link)
    purchase = purchases.get(db, purchase_id=purchase_id, mode="mock")
    history = purchases.history(db, purchase_id=purchase_id)
    outcome = request.args.get("outcome")
    if OUTCOMES.get(outcome or "") != purchase["status"]:  # not what happened, or no longer
        outcome = None
    return render(
        "pay.html", framed_by=framed_by(), purchase=purchase, history=history, outcome=outcome
    )


@blp.post("/pay/<link>")
@page("refused.html", framed_by)
@in_mock_mode
def end_payment(link: str) -> Response:
    """What a button of the sheet does."""
    purchase_id, outcome = read_link(link), request.form.get("outcome", "")
    if outcome not in OUTCOMES:
        raise errors.InvalidPurchasePayload(
            errors={"outcome": [f"Must be one of: {', '.join(OUTCOMES)}."]}
        )
    if outcome in ACTIONS:
        ACTIONS[outcome](
            service().db, purchase_id=purchase_id, mode="mock", request_id=logs.request_id.get()
        )
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
