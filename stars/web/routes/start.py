"""The start page, in development: where everything is, and a first call to copy."""

from flask import Blueprint, Response, current_app

from stars.web.pages import render
from stars.web.requests import address, service
from stars.web.state import money_of

blp = Blueprint("start", __name__)


@blp.get("/")
def show_start() -> Response:
    """Show what there is to open in this mode."""
    return render(
        "start.html",
        money=money_of(service().settings),
        has_demo="demo" in current_app.blueprints,
        address=address(),
    )
