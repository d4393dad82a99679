"""The ways Stars leave a bot: refunds, chargebacks, withdrawals. Everything runs under the lock."""

from typing import Literal

from stars.simulator import ledger
from stars.simulator.amounts import NANO
from stars.simulator.answers import Refused
from stars.simulator.chats import add_message, chat_of
from stars.simulator.records import Bot, Checkout
from stars.simulator.updates import publish
from stars.simulator.world import World


def refund(world: World, bot: Bot, user_id: int, charge: str) -> None:
    """Do what refundStarPayment does: give the whole amount back, once. Raises Refused."""
    checkout = world.paid.get(charge)
    if checkout is None or checkout.invoice.bot is not bot or checkout.payer.id != user_id:
        raise Refused("CHARGE_ID_INVALID" if charge else "CHARGE_ID_EMPTY")
    if checkout.refunded:
        raise Refused("CHARGE_ALREADY_REFUNDED")
    if bot.nanostars < checkout.earned():
        raise Refused("BALANCE_TOO_LOW")
    give_back(world, checkout, "refund")
    sender = bot if world.settings.refund_from_bot else checkout.payer
    content = {"refunded_payment": ledger.receipt(checkout)}
    message = add_message(world, chat_of(bot, checkout.payer), sender, content)
    publish(world, bot, "refunded_payment", message, checkout.facts())


def give_back(world: World, checkout: Checkout, what: Literal["refund", "chargeback"]) -> None:
    """Move the Stars of a payment back. The transaction has the payment's own id.

    A chargeback may leave the bot's balance below zero.
    """
    if checkout.charge is None or checkout.refunded:
        return
    bot = checkout.invoice.bot
    checkout.refunded = True
    checkout.payer.stars += checkout.amount
    bot.nanostars -= checkout.earned()
    partner = ledger.payer(checkout, sign=-1)
    ledger.record(world, bot, checkout.charge, ledger.listed(world, checkout), "receiver", partner)
    world.note(what, **checkout.shown())


def withdraw(world: World, bot: Bot, stars: int) -> int:
    """Take Stars out of the bot, as its owner may, so that a refund may find too few.

    Returns the balance that is left. Raises ValueError if the bot has fewer Stars.
    """
    if not 0 < stars <= bot.balance:
        raise ValueError(f"stars is from 1 to the balance, {bot.balance}")
    bot.nanostars -= stars * NANO
    partner = {"type": "fragment", "withdrawal_state": {"type": "pending"}}
    ledger.record(world, bot, world.word(32), stars * NANO, "receiver", partner)
    world.note("withdrawal", bot=bot.name, amount=stars)
    return bot.balance


def end_withdrawals(world: World, bot: Bot, succeeded: bool) -> int:
    """End the withdrawals that are pending; what failed comes back. Returns how many there were."""
    ended = 0
    for line in list(bot.transactions):
        partner = line.get("receiver", {})
        if partner.get("withdrawal_state") != {"type": "pending"}:
            continue
        ended += 1
        if succeeded:
            partner["withdrawal_state"] = {
                "type": "succeeded",
                "date": int(world.clock.now()),
                "url": "https://fragment.com/stars/transaction",
            }
            continue
        partner["withdrawal_state"] = {"type": "failed"}
        stars = line["amount"] * NANO
        bot.nanostars += stars
        ledger.record(world, bot, line["id"], stars, "source", {"type": "fragment"})
    world.note("withdrawals_ended", bot=bot.name, succeeded=succeeded, count=ended)
    return ended
