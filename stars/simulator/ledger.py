"""What is told of a payment: its terms, its receipt, and the line among a bot's transactions."""

from typing import Literal

from stars.simulator.amounts import NANO, Json, whole_stars
from stars.simulator.records import Bot, Checkout
from stars.simulator.world import World


def terms(checkout: Checkout) -> Json:
    """What a pre_checkout_query asks about."""
    return {
        "currency": checkout.currency,
        "total_amount": checkout.amount,
        "invoice_payload": checkout.invoice.payload,
    }


def receipt(checkout: Checkout) -> Json:
    """As the Bot API's SuccessfulPayment and RefundedPayment."""
    return terms(checkout) | {
        "telegram_payment_charge_id": checkout.charge,
        "provider_payment_charge_id": f"{checkout.payer.id}_{checkout.id}",
    }


def recurrence(checkout: Checkout) -> Json:
    """What a SuccessfulPayment tells of its subscription, if it is for one."""
    if checkout.subscription is None:
        return {}
    told: Json = {
        "subscription_expiration_date": checkout.paid_until,
        "is_recurring": True,
    }
    if not checkout.renewal:
        told["is_first_recurring"] = True
    return told


def listed(world: World, checkout: Checkout) -> int:
    """The parts of a Star that a payment is listed with: what the bot gets, or what was paid."""
    return checkout.earned() if world.settings.list_net else checkout.amount * NANO


def payer(checkout: Checkout, sign: Literal[1, -1] = 1) -> Json:
    """As the Bot API's TransactionPartnerUser; `sign` is -1 if the payment goes back."""
    partner: Json = {
        "type": "user",
        "transaction_type": "invoice_payment",
        "user": checkout.payer.shown(),
        "invoice_payload": checkout.invoice.payload,
    }
    if checkout.invoice.period:
        partner["subscription_period"] = checkout.invoice.period
    if checkout.affiliate:
        commission = star_amount(sign * checkout.commission())
        partner["affiliate"] = checkout.affiliate.shown() | commission
    return partner


def star_amount(nanostars: int) -> Json:
    """As the Bot API's StarAmount."""
    stars, parts = whole_stars(nanostars)
    return {"amount": stars, "nanostar_amount": parts} if parts else {"amount": stars}


def record(
    world: World,
    bot: Bot,
    charge: str,
    nanostars: int,
    side: Literal["source", "receiver"],
    partner: Json,
) -> None:
    """Add a StarTransaction: Stars came from `partner` (source) or went there (receiver)."""
    date = int(world.clock.now())
    line = {"id": charge, **star_amount(nanostars), "date": date, side: partner}
    bot.transactions.append(line)
