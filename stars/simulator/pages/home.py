"""The home page: what is there, what happened, and forms for all that can be done by hand."""

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from stars.simulator import faults
from stars.simulator.amounts import Json
from stars.simulator.current import current_world
from stars.simulator.interface.buyers import save_user
from stars.simulator.pages.summary import SHOWN, news, sales

blp = Blueprint("home", __name__)

NEWEST = slice(None, -SHOWN - 1, -1)  # as much of a list as the page shows, backwards
MOST_STARS = 10**9
# One click arms these: what the button says, and the fault.
PRESETS: dict[str, tuple[str, Json]] = {
    "twice": (
        "Deliver the next payment twice",
        {"kind": "duplicate", "match": {"update": "successful_payment"}},
    ),
    "lost": (
        "Lose the next payment's update",
        {"kind": "drop", "match": {"update": "successful_payment"}},
    ),
    "unasked": (
        "Let the next pre-checkout time out",
        {"kind": "drop", "match": {"update": "pre_checkout_query"}},
    ),
    "double": ("Pay the next link twice at once", {"kind": "second_payment"}),
    "back": ("Charge the next payment back", {"kind": "chargeback"}),
    "renewed_twice": (
        "Deliver the next renewal twice",
        {"kind": "duplicate", "match": {"update": "successful_payment", "renewal": True}},
    ),
    "renewal_lost": (
        "Lose the next renewal's update",
        {"kind": "drop", "match": {"update": "successful_payment", "renewal": True}},
    ),
    "poor": ("Refuse the next refund", {"kind": "balance_too_low"}),
    "busy": ("Answer the next call with 429", {"kind": "429", "retry_after": 3}),
    "down": ("Drop the next call", {"kind": "timeout", "seconds": 0}),
}
KINDS = {"Delivery": faults.DELIVERY, "Calls": faults.METHOD, "Payments": faults.PAYMENT}
STEPS = {"10 s": 10, "1 min": 60, "10 min": 600, "1 h": 3600, "1 day": 86_400, "30 days": 2_592_000}


@blp.get("/")
def start() -> str:
    """Show what is there, and how to point a bot here."""
    return home_page()


@blp.post("/")
def add_buyer() -> Response:
    """Add a buyer, and lead back to where the form was shown."""
    form = request.form
    name = form.get("first_name", "")[:64] or "Buyer"
    stars = min(max(form.get("stars", 0, int), 0), MOST_STARS)
    world = current_world()
    with world.lock:
        save_user(world, {"first_name": name, "stars": stars})
    back = form.get("back", "/")
    return redirect(back if back.startswith(("/$", "/chat")) else "/", 303)


def home_page(problem: str = "") -> str:
    """The page, with a problem that a form had."""
    world = current_world()
    with world.lock:
        return render_template(
            "start.html",
            problem=problem,
            users=list(world.users.values()),
            bots=list(world.bots.values()),
            sales=sales(world),
            checkouts=list(world.checkouts.values())[NEWEST],
            news=news(world),
            written=len(world.journal),
            now=datetime.fromtimestamp(world.clock.now(), UTC),
            ahead=round(world.clock.ahead()),
            steps=STEPS,
            faults=world.faults,
            presets=PRESETS,
            kinds=KINDS,
        )
