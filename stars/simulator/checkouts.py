"""A checkout: the user presses Pay, the bot decides, Stars move; renewals. Under the lock."""

from stars.simulator import ledger, subscriptions
from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.chats import add_message, chat_of
from stars.simulator.records import Bot, Checkout, Invoice, Subscription, User
from stars.simulator.refunds import give_back
from stars.simulator.updates import publish
from stars.simulator.world import World

TOO_LATE = "query is too old and response timeout expired or query ID is invalid"


def begin(world: World, invoice: Invoice, user: User, may_double: bool = True) -> Checkout:
    """Press Pay: the bot is asked, and has `checkout_seconds` to answer.

    `may_double` lets the fault `second_payment` press once more.
    """
    checkout = _new_checkout(world, invoice, user)
    _change_terms(world, checkout, "checkout")
    world.note("checkout", **checkout.shown())
    doubled = may_double and world.take("second_payment", checkout.facts())
    if doubled:
        user.stars = max(user.stars, 2 * invoice.amount)
    if checkout.payer.stars < checkout.amount:
        _fail(world, checkout, "BALANCE_TOO_LOW")
    else:
        _ask_bot(world, checkout)
    if doubled:
        begin(world, invoice, user, may_double=False)
    return checkout


def answer(world: World, bot: Bot, query_id: str, ok: bool, error_message: str) -> None:
    """Do what answerPreCheckoutQuery does.

    Raises Refused if the answer is late, or the query unknown or answered already.
    """
    checkout = world.checkouts.get(query_id)
    if checkout is None or checkout.invoice.bot is not bot or checkout.status != "pending":
        raise Refused(TOO_LATE)
    if ok:
        _charge(world, checkout)
    else:
        _fail(world, checkout, error_message, "declined")


def renew(world: World, subscription: Subscription) -> Checkout:
    """Charge for the next period, whether it is due or not.

    One that a payment had failed for goes on then. Raises ValueError if the bot has cancelled it.
    """
    subscriptions.refuse_if_canceled_by_bot(subscription)
    checkout = _new_checkout(world, subscription.invoice, subscription.payer)
    checkout.subscription = subscription
    checkout.renewal = True
    world.note("renewal", **checkout.shown())
    if checkout.payer.stars < checkout.amount:
        _fail(world, checkout, "BALANCE_TOO_LOW")
    elif world.settings.ask_before_renewals:
        _ask_bot(world, checkout)
    else:
        _charge(world, checkout)
    return checkout


def _new_checkout(world: World, invoice: Invoice, user: User) -> Checkout:
    query_id = str(world.random.randrange(10**17, 2**63))
    checkout = Checkout(query_id, invoice, user, payer=user, amount=invoice.amount)
    world.checkouts[checkout.id] = checkout
    return checkout


def _ask_bot(world: World, checkout: Checkout) -> None:
    deadline = world.clock.now() + world.settings.checkout_seconds
    world.clock.at(deadline, lambda: _fail(world, checkout, "BOT_PRECHECKOUT_TIMEOUT"))
    query: Json = {"id": checkout.id, "from": checkout.payer.shown(), **ledger.terms(checkout)}
    bot = checkout.invoice.bot
    publish(world, bot, "pre_checkout_query", query, checkout.facts())


def _charge(world: World, checkout: Checkout) -> None:
    _change_terms(world, checkout, "payment")
    payer = checkout.payer
    if world.take("unpaid", checkout.facts()):
        return _fail(world, checkout, "PAYMENT_FAILED")
    if payer.stars < checkout.amount:  # spent elsewhere since the checkout began
        return _fail(world, checkout, "BALANCE_TOO_LOW")
    facts = checkout.facts()
    charge = _move_stars(world, checkout)
    bot = checkout.invoice.bot
    if checkout.invoice.period:
        _extend_subscription(world, checkout)
    ledger.record(
        world, bot, charge, ledger.listed(world, checkout), "source", ledger.payer(checkout)
    )
    world.note("payment", **checkout.shown())
    content = {"successful_payment": ledger.receipt(checkout) | ledger.recurrence(checkout)}
    message = add_message(world, chat_of(bot, payer), payer, content)
    publish(world, bot, "successful_payment", message, checkout.facts())
    fault = world.take("chargeback", facts)
    if fault:
        when = world.clock.now() + fault.options.get("seconds", 0)
        world.clock.at(when, lambda: give_back(world, checkout, "chargeback"))


def _extend_subscription(world: World, checkout: Checkout) -> None:
    """Extend the subscription that was paid for, and plan its next renewal."""
    subscription = subscriptions.extend(world, checkout)
    due = subscription.expires_at
    world.clock.at(due, lambda: _renew_if_due(world, subscription, due))


def _renew_if_due(world: World, subscription: Subscription, due: int) -> None:
    """Renew, or end if it is cancelled; nothing if it was paid further in the meantime."""
    if subscription.expires_at != due or subscription.ended:
        return
    if subscription.canceled:
        subscriptions.end(world, subscription)
    else:
        renew(world, subscription)


def _move_stars(world: World, checkout: Checkout) -> str:
    """Take the Stars from the payer, give them to the bot; the id of the charge."""
    bot = checkout.invoice.bot
    checkout.payer.stars -= checkout.amount
    checkout.affiliate = bot.affiliates.get(checkout.payer.id)
    bot.nanostars += checkout.earned()
    charge = "stx" + world.word(world.settings.charge_id_length - len("stx"))
    checkout.status = "paid"
    checkout.charge = charge
    world.paid[charge] = checkout
    return charge


def _fail(world: World, checkout: Checkout, reason: str, what: str = "payment_failed") -> None:
    if checkout.status == "pending":
        checkout.status = "failed"
        checkout.reason = reason
        world.note(what, **checkout.shown())
        if checkout.renewal and checkout.subscription:
            subscriptions.fail(world, checkout.subscription)


def _change_terms(world: World, checkout: Checkout, stage: str) -> None:
    """Let faults change the terms. A payer who cannot afford the changed amount is topped up."""
    facts = checkout.facts() | {"stage": stage}
    amount = world.take("wrong_amount", facts)
    currency = world.take("wrong_currency", facts)
    payer = world.take("wrong_payer", facts)
    if amount:
        checkout.amount = amount.options.get("value", checkout.amount + 1)
    if currency:
        checkout.currency = currency.options.get("value", "USD")
    if payer:
        user_id = payer.options.get("value", 0)
        known = world.users.get(user_id)
        checkout.payer = known or world.add_user(user_id, "Somebody else")
    if amount or payer:
        checkout.payer.stars = max(checkout.payer.stars, checkout.amount)
