"""The demo shop, and the script that gives a page openInvoice, which is there in every mode."""

from flask import Blueprint, Response, send_from_directory

from stars.domain import items
from stars.mock import demo
from stars.web.pages import allow_isolated, front_ends, render
from stars.web.requests import service

JAVASCRIPT = "text/javascript"
NO_MOCK = "// The mock is off: openInvoice is Telegram's own business.\n"

blp = Blueprint("demo", __name__, url_prefix="/mock")
blp.after_request(allow_isolated)


@blp.get("/demo")
def show_demo() -> Response:
    """Show a Mini App of one page, to try and to copy from.

    It sells what the catalogue has. Without a catalogue the mock sells anything.
    """
    sold = items.for_sale(service().db) or demo.ITEMS
    return render("demo.html", framed_by=front_ends(), items=sold)


def send_mock_script() -> Response:
    """Send openInvoice for the mock."""
    return uncached(send_from_directory("web/static", "telegram-web-app.js", mimetype=JAVASCRIPT))


def send_rehearsal_script() -> Response:
    """Send openInvoice for a rehearsal."""
    return uncached(send_from_directory("web/static", "rehearsal.js", mimetype=JAVASCRIPT))


def send_no_script() -> Response:
    """Send a script that does nothing: where money is real a front end may leave it in."""
    return uncached(Response(NO_MOCK, mimetype=JAVASCRIPT))


def uncached(script: Response) -> Response:
    """Have browsers ask for a script each time: another mode may come with the next start."""
    script.headers["Cache-Control"] = "no-cache"
    script.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return script
