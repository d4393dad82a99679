"""What is told of a payment: its terms, its receipt, and the line among a bot's transactions."""

from typing import Literal

from stars.simulator.records import Bot, Checkout, Json
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


def payer(checkout: Checkout) -> Json:
    """As the Bot API's TransactionPartnerUser."""
    partner: Json = {
        "type": "user",
        "transaction_type": "invoice_payment",
        "user": checkout.payer.shown(),
        "invoice_payload": checkout.invoice.payload,
    }
    if checkout.invoice.period:
        partner["subscription_period"] = checkout.invoice.period
    return partner


def record(
    world: World,
    bot: Bot,
    charge: str,
    amount: int,
    side: Literal["source", "receiver"],
    partner: Json,
) -> None:
    """Add a StarTransaction: Stars came from `partner` (source) or went there (receiver)."""
    date = int(world.clock.now())
    bot.transactions.append({"id": charge, "amount": amount, "date": date, side: partner})
