"""The page behind an invoice's link, where a buyer pays or cancels. It works without JavaScript."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from stars.simulator.current import current_world
from stars.simulator.interface.lookup import find, find_invoice
from stars.simulator.interface.purchases import pay
from stars.simulator.interface.subscriptions import ACT, find_subscription

blp = Blueprint("invoice", __name__)

PATIENCE = 30  # real seconds; Telegram itself waits ten for the bot


@blp.get("/$<slug>")
@blp.get("/invoice/<slug>")
def invoice(slug: str) -> str:
    """Show what is for sale and to whom; after Pay or Cancel, what happened."""
    world = current_world()
    done = request.args.get("done", "")
    with world.lock:
        checkout = world.checkouts.get(done)
        found = find_invoice(world, slug)
        return render_template(
            "invoice.html",
            invoice=found,
            subscriptions=[one for one in world.subscriptions.values() if one.invoice is found],
            users=world.users.values(),
            chosen=request.args.get("user", 0, int),
            closed=checkout.status if checkout else done,
            checkout=checkout,
        )


@blp.post("/$<slug>")
@blp.post("/invoice/<slug>")
def pay_or_cancel(slug: str) -> Response:
    """Take the form of an invoice's page, and lead back to it once the outcome is known."""
    world = current_world()
    with world.lock:
        found = find_invoice(world, slug)
        user = find(world.users, request.form.get("user", 0, int), "user")
        done = "cancelled"
        if "pay" in request.form:
            done = pay(world, found, user, PATIENCE).id
    return redirect(f"/${slug}?done={done}&user={user.id}", 303)


@blp.post("/subscription/<act>")
def change_subscription(act: str) -> Response:
    """Take a button of a subscription, and lead back to the page of its link."""
    world = current_world()
    given = dict(request.form)
    with world.lock:
        subscription = find_subscription(world, given)
        find(ACT, act, "button")(world, given)
    return redirect(f"/${subscription.invoice.slug}?user={subscription.payer.id}", 303)
