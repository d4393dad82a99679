"""The pages for people: a start page, and the one behind a link, where it is paid. No JavaScript."""

from flask import Blueprint, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from stars.simulator.interface import find, find_invoice, pay, save_user

blp = Blueprint(
    "pages",
    __name__,
    static_folder="static",
    template_folder="templates",
    static_url_path="/simulator",
)
NEWEST = slice(None, -26, -1)  # as much of a list as a page shows, backwards
PATIENCE = 30  # seconds; Telegram itself waits ten for the bot


@blp.route("/", methods=["GET", "POST"])
def start() -> str | Response:
    """Show what is there, and how to point a bot here; take the form that makes a user."""
    world, form = current_app.extensions["simulator"], request.form
    with world.lock:
        if request.method == "POST":
            stars = min(max(form.get("stars", 0, int), 0), 10**9)
            save_user(
                world, {"first_name": form.get("first_name", "")[:64] or "Buyer", "stars": stars}
            )
            back = form.get("back", "/")
            return redirect(back if back.startswith("/$") else "/", 303)
        newest = {
            "invoices": list(world.invoices.values())[NEWEST],
            "journal": world.journal[NEWEST],
        }
        return render_template(
            "start.html", users=world.users.values(), bots=world.bots.values(), **newest
        )


@blp.route("/$<slug>", methods=["GET", "POST"])
@blp.route("/invoice/<slug>", methods=["GET", "POST"])
def invoice(slug: str) -> str | Response:
    """Show what is for sale and to whom; after Pay or Cancel, what happened."""
    world = current_app.extensions["simulator"]
    with world.lock:
        found = find_invoice(world, slug)
        if request.method == "POST":
            user = find(world.users, request.form.get("user", 0, int), "user")
            done = pay(world, found, user, PATIENCE).id if "pay" in request.form else "cancelled"
            return redirect(f"/${slug}?done={done}&user={user.id}", 303)
        done, chosen = request.args.get("done", ""), request.args.get("user", 0, int)
        paid = {"done": done, "checkout": world.checkouts.get(done)}
        return render_template(
            "invoice.html", invoice=found, users=world.users.values(), chosen=chosen, **paid
        )
