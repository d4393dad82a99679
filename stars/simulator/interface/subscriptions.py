"""Subscriptions under /sim/: look at them, cancel them, take them up again, renew them."""

from stars.simulator import checkouts, subscriptions
from stars.simulator.amounts import Json
from stars.simulator.interface.lookup import find, number
from stars.simulator.interface.purchases import DEFAULT_WAIT, LONGEST_WAIT
from stars.simulator.records import Subscription
from stars.simulator.world import World


def list_subscriptions(world: World, _given: Json) -> list[Json]:
    """All subscriptions."""
    return [one.shown() for one in world.subscriptions.values()]


def cancel(world: World, given: Json) -> Json:
    """Cancel one, as its payer."""
    subscription = find_subscription(world, given)
    subscriptions.cancel(world, subscription)
    return subscription.shown()


def resume(world: World, given: Json) -> Json:
    """Undo that."""
    subscription = find_subscription(world, given)
    subscriptions.resume(world, subscription)
    return subscription.shown()


def renew(world: World, given: Json) -> Json:
    """Renew one now, also after a payment has failed, and wait `wait` real seconds for it."""
    subscription = find_subscription(world, given)
    wait = number(given, "wait", DEFAULT_WAIT, LONGEST_WAIT)
    checkout = checkouts.renew(world, subscription)
    world.lock.wait_for(lambda: checkout.status != "pending", wait)
    return checkout.shown()


def find_subscription(world: World, given: Json) -> Subscription:
    """The subscription whose first charge is in `subscription`; raises Unknown."""
    return find(world.subscriptions, str(given.get("subscription")), "subscription")


LOOK = {"subscriptions": list_subscriptions}
ACT = {
    "unsubscribe": cancel,
    "resubscribe": resume,
    "renew": renew,
}
