"""The demo shop, and the script that opens invoices, which is there in every mode."""

import json
from pathlib import Path

from flask import Blueprint, Response

from stars.domain import items
from stars.mock import demo
from stars.web.pages import SELF, allow_isolated, front_ends, render
from stars.web.requests import service

JAVASCRIPT = "text/javascript"
SCRIPT = Path(__file__).resolve().parents[1] / "static" / "telegram-web-app.js"
NO_SIMULATOR = "const SIMULATOR = null;"
"""What the script has where a rehearsal needs the simulator's address."""

NO_MOCK = "// The mock is off: openInvoice is Telegram's own business.\n"

blp = Blueprint("demo", __name__, url_prefix="/mock")
blp.after_request(allow_isolated)


@blp.get("/demo")
def show_demo() -> Response:
    """Show a Mini App of one page, to try and to copy from.

    It sells what the catalogue has. Without a catalogue the mock sells anything.
    """
    sold = items.for_sale(service().db) or demo.ITEMS
    settings = service().settings
    # Who sells in a rehearsal is the simulator.
    sheets = settings.telegram_api_url if settings.is_rehearsal else SELF
    return render("demo.html", framed_by=front_ends(), frames=sheets, items=sold)


def send_mock_script() -> Response:
    """Send what opens the mock's invoices."""
    return uncached(SCRIPT.read_text(encoding="utf-8"))


def send_rehearsal_script() -> Response:
    """Send what opens the simulator's invoices, for a rehearsal."""
    simulator = json.dumps(service().settings.telegram_api_url)
    script = SCRIPT.read_text(encoding="utf-8")
    return uncached(script.replace(NO_SIMULATOR, f"const SIMULATOR = {simulator};"))


def send_no_script() -> Response:
    """Send a script that does nothing: where money is real a front end may leave it in."""
    return uncached(NO_MOCK)


def uncached(script: str) -> Response:
    """Have browsers ask for a script each time: another mode may come with the next start."""
    answer = Response(script, mimetype=JAVASCRIPT)
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
