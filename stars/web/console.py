"""What the pages of the console share: they are for the staff alone, and have the same head."""

from typing import Any

from flask import Blueprint, Response, current_app

from stars.errors import Refusal
from stars.web.callers.staff import admit_staff
from stars.web.pages import render, render_refusal
from stars.web.requests import service
from stars.web.state import read_state

TABS = {
    "console": ("", "Purchases"),
    "console_funnel": ("/funnel", "Funnel"),
    "console_outcomes": ("/outcomes", "Armed outcomes"),
}
"""The tabs by the blueprint behind each: where under /console it is, and what it is called."""


def console_blueprint(name: str) -> Blueprint:
    """Return a blueprint for pages of the console: for the staff alone, refusals are pages too."""
    blp = Blueprint(name, __name__, url_prefix="/console")
    blp.before_request(admit_staff)
    blp.register_error_handler(Refusal, show_refusal)
    return blp


def tabs() -> list[tuple[str, str]]:
    """Return path and name of the tabs that there are in this mode."""
    return [tab for blueprint, tab in TABS.items() if blueprint in current_app.blueprints]


def show(template: str, **values: Any) -> Response:
    """Return a page of the console, with the state of the service in its head."""
    state = read_state(service())
    return render(f"console/{template}", state=state, tabs=tabs(), **values)


def show_refusal(refusal: Refusal) -> Response:
    """Return a refusal as a page of the console, without the state: the database may be away."""
    return render_refusal("console/refused.html", refusal, tabs=tabs())
