"""How Stars move: a checkout, the bot's word on it, the charge, and the ways back. Everything here runs under the lock."""

from typing import Any

from stars.simulator.delivery import publish
from stars.simulator.world import Bot, Checkout, Invoice, Refused, User, World


def begin(world: World, invoice: Invoice, user: User, alone: bool = True) -> Checkout:
    """The user presses Pay: the bot is asked, and has ten seconds."""
    checkout = Checkout(
        str(world.random.randrange(10**17, 2**63)), invoice, user, user, invoice.amount
    )
    world.checkouts[checkout.id] = checkout
    _bend(world, checkout, "checkout")
    world.note("checkout", **checkout.shown())
    second = alone and world.take("second_payment", checkout.facts())
    if second:
        user.stars = max(user.stars, 2 * invoice.amount)
    if checkout.payer.stars < checkout.amount:
        _fail(world, checkout, "BALANCE_TOO_LOW")
    else:
        late = world.clock.now() + world.settings.checkout_seconds
        world.clock.at(late, lambda: _fail(world, checkout, "BOT_PRECHECKOUT_TIMEOUT"))
        asked = {"id": checkout.id, "from": checkout.payer.shown(), **_terms(checkout)}
        publish(world, invoice.bot, "pre_checkout_query", asked, checkout.facts())
    if second:
        begin(world, invoice, user, alone=False)
    return checkout


def answer(world: World, bot: Bot, query_id: str, ok: bool, error_message: str) -> None:
    """What answerPreCheckoutQuery does. Raises Refused when it is late, unknown or answered already."""
    checkout = world.checkouts.get(query_id)
    if checkout is None or checkout.invoice.bot is not bot or checkout.status != "pending":
        raise Refused("query is too old and response timeout expired or query ID is invalid")
    if ok:
        _charge(world, checkout)
    else:
        _fail(world, checkout, error_message, "declined")


def refund(world: World, bot: Bot, user_id: int, charge: str) -> None:
    """What refundStarPayment does: the whole amount, once. Raises Refused."""
    checkout = world.paid.get(charge)
    if checkout is None or checkout.invoice.bot is not bot or checkout.payer.id != user_id:
        raise Refused("CHARGE_ID_INVALID" if charge else "CHARGE_ID_EMPTY")
    if checkout.refunded:
        raise Refused("CHARGE_ALREADY_REFUNDED")
    if bot.balance < checkout.amount:
        raise Refused("BALANCE_TOO_LOW")
    give_back(world, checkout, "refund")
    sender = bot if world.settings.refund_from_bot else checkout.payer
    message = message_of(world, bot, checkout.payer, sender, refunded_payment=_receipt(checkout))
    publish(world, bot, "refunded_payment", message, checkout.facts())


def give_back(world: World, checkout: Checkout, what: str) -> None:
    """Move the Stars of a payment back, as a `refund` or a `chargeback`; the transaction has the payment's own id."""
    if checkout.charge is None or checkout.refunded:
        return
    checkout.refunded = True
    checkout.payer.stars += checkout.amount
    checkout.invoice.bot.balance -= checkout.amount  # a chargeback may leave it below zero
    _record(
        world, checkout.invoice.bot, checkout.charge, checkout.amount, receiver=_partner(checkout)
    )
    world.note(what, **checkout.shown())


def withdraw(world: World, bot: Bot, stars: int) -> int:
    """The owner takes Stars out of the bot, so that a refund may find too few; what stays. Raises ValueError."""
    if not 0 < stars <= bot.balance:
        raise ValueError(f"stars is from 1 to the balance, {bot.balance}")
    bot.balance -= stars
    _record(
        world,
        bot,
        world.word(32),
        stars,
        receiver={"type": "fragment", "withdrawal_state": {"type": "pending"}},
    )
    world.note("withdrawal", bot=bot.name, amount=stars)
    return bot.balance


def message_of(
    world: World, bot: Bot, user: User, sender: User | Bot, **content: Any
) -> dict[str, Any]:
    """A new message of the private chat between the bot and the user."""
    bot.messages[user.id] += 1
    chat = {
        name: value
        for name, value in user.shown().items()
        if name in ("id", "first_name", "username")
    }
    return {
        "message_id": bot.messages[user.id],
        "from": sender.shown(),
        "chat": chat | {"type": "private"},
        "date": int(world.clock.now()),
        **content,
    }


def _charge(world: World, checkout: Checkout) -> None:
    _bend(world, checkout, "payment")
    payer, bot, facts = checkout.payer, checkout.invoice.bot, checkout.facts()
    if world.take("unpaid", facts):
        return _fail(world, checkout, "PAYMENT_FAILED")
    if payer.stars < checkout.amount:  # spent elsewhere since the checkout began
        return _fail(world, checkout, "BALANCE_TOO_LOW")
    payer.stars -= checkout.amount
    bot.balance += checkout.amount
    checkout.status, checkout.charge = (
        "paid",
        f"stx{world.word(world.settings.charge_id_length - 3)}",
    )
    world.paid[checkout.charge] = checkout
    _record(world, bot, checkout.charge, checkout.amount, source=_partner(checkout))
    world.note("payment", **checkout.shown())
    message = message_of(world, bot, payer, payer, successful_payment=_receipt(checkout))
    publish(world, bot, "successful_payment", message, checkout.facts())
    if fault := world.take("chargeback", facts):
        world.clock.at(
            world.clock.now() + fault.options.get("seconds", 0),
            lambda: give_back(world, checkout, "chargeback"),
        )


def _fail(world: World, checkout: Checkout, reason: str, what: str = "payment_failed") -> None:
    if checkout.status == "pending":
        checkout.status, checkout.reason = "failed", reason
        world.note(what, **checkout.shown())


def _bend(world: World, checkout: Checkout, stage: str) -> None:
    """Let the faults change the terms. Who so has to pay what he has not is lent it: the money moves all the same."""
    facts = checkout.facts() | {"stage": stage}
    amount, currency, payer = (
        world.take(f"wrong_{term}", facts) for term in ("amount", "currency", "payer")
    )
    if amount:
        checkout.amount = amount.options.get("value", checkout.amount + 1)
    if currency:
        checkout.currency = currency.options.get("value", "USD")
    if payer:
        known = payer.options.get("value", 0)
        checkout.payer = world.users.get(known) or world.add_user(known, "Somebody else")
    if amount or payer:
        checkout.payer.stars = max(checkout.payer.stars, checkout.amount)


def _terms(checkout: Checkout) -> dict[str, Any]:
    return {
        "currency": checkout.currency,
        "total_amount": checkout.amount,
        "invoice_payload": checkout.invoice.payload,
    }


def _receipt(checkout: Checkout) -> dict[str, Any]:
    return _terms(checkout) | {
        "telegram_payment_charge_id": checkout.charge,
        "provider_payment_charge_id": f"{checkout.payer.id}_{checkout.id}",
    }


def _partner(checkout: Checkout) -> dict[str, Any]:
    return {
        "type": "user",
        "transaction_type": "invoice_payment",
        "user": checkout.payer.shown(),
        "invoice_payload": checkout.invoice.payload,
    }


def _record(world: World, bot: Bot, charge: str, amount: int, **partner: Any) -> None:
    bot.transactions.append(
        {"id": charge, "amount": amount, "date": int(world.clock.now()), **partner}
    )
