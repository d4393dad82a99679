"""The pages for people: a start page, and the page of a link, where it is paid. No JavaScript."""

from flask import Blueprint, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from stars.simulator.interface.buyers import save_user
from stars.simulator.interface.lookup import find, find_invoice
from stars.simulator.interface.purchases import pay
from stars.simulator.world import World

blp = Blueprint(
    "pages",
    __name__,
    static_folder="static",
    template_folder="templates",
    static_url_path="/simulator",
)
NEWEST = slice(None, -26, -1)  # as much of a list as a page shows, backwards
PATIENCE = 30  # real seconds; Telegram itself waits ten for the bot
MOST_STARS = 10**9


@blp.get("/")
def start() -> str:
    """Show what is there, and how to point a bot here."""
    world: World = current_app.extensions["simulator"]
    with world.lock:
        return render_template(
            "start.html",
            users=world.users.values(),
            bots=world.bots.values(),
            invoices=list(world.invoices.values())[NEWEST],
            journal=world.journal[NEWEST],
        )


@blp.post("/")
def add_buyer() -> Response:
    """Take the form that makes a user, and lead back to where it was shown."""
    world: World = current_app.extensions["simulator"]
    form = request.form
    name = form.get("first_name", "")[:64] or "Buyer"
    stars = min(max(form.get("stars", 0, int), 0), MOST_STARS)
    with world.lock:
        save_user(world, {"first_name": name, "stars": stars})
    back = form.get("back", "/")
    return redirect(back if back.startswith("/$") else "/", 303)


@blp.get("/$<slug>")
@blp.get("/invoice/<slug>")
def invoice(slug: str) -> str:
    """Show what is for sale and to whom; after Pay or Cancel, what happened."""
    world: World = current_app.extensions["simulator"]
    done = request.args.get("done", "")
    with world.lock:
        return render_template(
            "invoice.html",
            invoice=find_invoice(world, slug),
            users=world.users.values(),
            chosen=request.args.get("user", 0, int),
            done=done,
            checkout=world.checkouts.get(done),
        )


@blp.post("/$<slug>")
@blp.post("/invoice/<slug>")
def pay_or_cancel(slug: str) -> Response:
    """Take the form of an invoice's page, and lead back to it once the outcome is known."""
    world: World = current_app.extensions["simulator"]
    with world.lock:
        found = find_invoice(world, slug)
        user = find(world.users, request.form.get("user", 0, int), "user")
        done = "cancelled"
        if "pay" in request.form:
            done = pay(world, found, user, PATIENCE).id
    return redirect(f"/${slug}?done={done}&user={user.id}", 303)
