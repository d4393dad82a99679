"""What the pages of the console share: they are for the staff alone, and have the same head."""

from typing import Any

from flask import Blueprint, Response, current_app, g

from stars.errors import Busy, DatabaseUnavailable, NotFound, Refusal
from stars.web.callers.staff import admit_staff
from stars.web.pages import render, render_refusal
from stars.web.requests import service
from stars.web.state import State, read_state

TABS = {
    "console": ("", "Purchases"),
    "console_funnel": ("/funnel", "Funnel"),
    "console_stars": ("/stars", "Stars"),
    "console_endpoints": ("/endpoints", "Notifications"),
    "console_outcomes": ("/outcomes", "Outcomes"),
}
"""The tabs by the blueprint behind each: where under /console it is, and what it is called."""


def console_blueprint(name: str) -> Blueprint:
    """Return a blueprint for pages of the console: for the staff alone, refusals are pages too."""
    blp = Blueprint(name, __name__, url_prefix="/console")
    blp.before_request(admit)
    blp.register_error_handler(Refusal, show_refusal)
    return blp


def admit() -> None:
    """Let the staff in, and remember that they were. Raises as admit_staff."""
    admit_staff()
    g.is_staff = True


def tabs() -> list[tuple[str, str]]:
    """Return path and name of the tabs that there are in this mode."""
    return [tab for blueprint, tab in TABS.items() if blueprint in current_app.blueprints]


def show(template: str, **values: Any) -> Response:
    """Return a page of the console, with the state of the service in its head."""
    state = read_state(service())
    return render(f"console/{template}", state=state, tabs=tabs(), **values)


def show_refusal(refusal: Refusal) -> Response:
    """Return a refusal as a page of the console."""
    state = state_beside_refusal()
    return render_refusal("console/refused.html", refusal, state=state, tabs=tabs())


def show_nowhere() -> Response:
    """Return the page of an unknown address under /console."""
    try:
        admit()
        raise NotFound
    except Refusal as refusal:
        return show_refusal(refusal)


def state_beside_refusal() -> State | None:
    """Return the state for the head of a refusal.

    None for whoever was not let in, and while the database is away.
    """
    if "is_staff" not in g:
        return None
    try:
        return read_state(service())
    except (Busy, DatabaseUnavailable):
        return None
