"""Subscriptions: what a payment extends, and how they are cancelled. Runs under the lock.

When a renewal is due, and what it does, stands in checkouts.py.
"""

from typing import Literal

from stars.simulator.answers import Refused
from stars.simulator.records import Bot, Checkout, Subscription
from stars.simulator.updates import publish
from stars.simulator.world import World


def extend(world: World, checkout: Checkout) -> Subscription:
    """Begin the subscription that a checkout has paid for, or extend it by one period.

    One that has ended begins anew, now.
    """
    now = int(world.clock.now())
    subscription = checkout.subscription
    if subscription is None:
        subscription = Subscription(
            id=str(checkout.charge),
            invoice=checkout.invoice,
            payer=checkout.payer,
            expires_at=now,
        )
        world.subscriptions[subscription.id] = subscription
        checkout.subscription = subscription
    elif subscription.ended:
        subscription.expires_at = now
    subscription.expires_at += checkout.invoice.period
    subscription.payments += 1
    subscription.canceled = subscription.failed = subscription.ended = False
    checkout.paid_until = subscription.expires_at
    return subscription


def cancel(world: World, subscription: Subscription) -> None:
    """Let the payer cancel: it ends with the period that is paid. Raises ValueError."""
    if subscription.state() != "active":
        raise ValueError(f"this subscription is {subscription.state()}")
    subscription.canceled = True
    _tell(world, subscription, "canceled")


def resume(world: World, subscription: Subscription) -> None:
    """Let the payer undo a cancellation while the period lasts. Raises ValueError."""
    refuse_if_canceled_by_bot(subscription)
    if subscription.state() != "canceled":
        raise ValueError(f"this subscription is {subscription.state()}")
    subscription.canceled = False
    _tell(world, subscription, "active")


def fail(world: World, subscription: Subscription) -> None:
    """End it, since a renewal was not paid."""
    subscription.failed = subscription.ended = True
    _tell(world, subscription, "failed")


def end(world: World, subscription: Subscription) -> None:
    """End it after a cancellation. The bot is told nothing."""
    subscription.ended = True
    world.note("subscription_expired", **subscription.shown())


def edit(world: World, bot: Bot, user_id: int, charge: str, is_canceled: bool) -> None:
    """Do what editUserStarSubscription does; the bot is told nothing of its own doing.

    What is not cancelled any more goes on only once the payer takes it up again.
    Raises Refused; the words are guesses, none are documented.
    """
    subscription = world.subscriptions.get(charge)
    if subscription is None or subscription.invoice.bot is not bot:
        raise Refused("CHARGE_ID_INVALID" if charge else "CHARGE_ID_EMPTY")
    if subscription.payer.id != user_id:
        raise Refused("CHARGE_ID_INVALID")
    if subscription.ended:
        raise Refused("SUBSCRIPTION_NOT_ACTIVE")
    subscription.canceled_by_bot = is_canceled
    subscription.canceled = subscription.canceled or is_canceled
    world.note("subscription_edited", **subscription.shown())


def refuse_if_canceled_by_bot(subscription: Subscription) -> None:
    """Raise ValueError if the payer may not go on with it."""
    if subscription.canceled_by_bot:
        raise ValueError("the bot has cancelled this subscription")


def _tell(
    world: World, subscription: Subscription, state: Literal["canceled", "active", "failed"]
) -> None:
    """Send the Bot API's BotSubscriptionUpdated."""
    world.note(f"subscription_{state}", **subscription.shown())
    invoice = subscription.invoice
    content = {
        "user": subscription.payer.shown(),
        "invoice_payload": invoice.payload,
        "state": state,
    }
    facts = {
        "bot": invoice.bot.name,
        "user": subscription.payer.id,
        "payload": invoice.payload,
        "state": state,
    }
    publish(world, invoice.bot, "subscription", content, facts)
