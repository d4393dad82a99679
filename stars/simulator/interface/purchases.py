"""Payments under /sim/: open a link, pay or cancel it, and take Stars back."""

from stars.simulator import checkouts, refunds
from stars.simulator.amounts import Json
from stars.simulator.interface.lookup import find, find_invoice, find_user, number
from stars.simulator.records import Checkout, Invoice, User
from stars.simulator.world import World

LONGEST_WAIT = 60  # real seconds
DEFAULT_WAIT = 30


def list_links(world: World, _given: Json) -> list[Json]:
    """All invoices."""
    return [_offer(invoice) for invoice in world.invoices.values()]


def list_checkouts(world: World, _given: Json) -> list[Json]:
    """All presses of Pay."""
    return [checkout.shown() for checkout in world.checkouts.values()]


def open_link(world: World, given: Json) -> Json:
    """Open a link without paying it."""
    return _visit(world, given, "opened")


def cancel(world: World, given: Json) -> Json:
    """Open a link and cancel: nobody asks the bot."""
    return _visit(world, given, "cancelled")


def post_payment(world: World, given: Json) -> Json:
    """Pay a link, and wait `wait` real seconds for the outcome."""
    invoice = find_invoice(world, given.get("link"))
    user = find_user(world, given)
    wait = number(given, "wait", DEFAULT_WAIT, LONGEST_WAIT)
    return pay(world, invoice, user, wait).shown()


def pay(world: World, invoice: Invoice, user: User, wait: float) -> Checkout:
    """Press Pay, and wait for the outcome, `wait` real seconds at most."""
    checkout = checkouts.begin(world, invoice, user)
    world.lock.wait_for(lambda: checkout.status != "pending", wait)
    return checkout


def charge_back(world: World, given: Json) -> Json:
    """Take a payment back without the bot's doing."""
    checkout = find(world.paid, str(given.get("charge")), "charge")
    refunds.give_back(world, checkout, "chargeback")
    return checkout.shown()


LOOK = {"links": list_links, "checkouts": list_checkouts}
ACT = {
    "open": open_link,
    "pay": post_payment,
    "cancel": cancel,
    "chargeback": charge_back,
}


def _visit(world: World, given: Json, what: str) -> Json:
    invoice = find_invoice(world, given.get("link"))
    user = find_user(world, given)
    world.note(what, user=user.id, slug=invoice.slug, payload=invoice.payload)
    return _offer(invoice) | {"status": what}


def _offer(invoice: Invoice) -> Json:
    return vars(invoice) | {"bot": invoice.bot.name, "currency": "XTR"}
