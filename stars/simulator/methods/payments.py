"""answerPreCheckoutQuery, refunds, subscriptions, and the bot's own Stars."""

from stars.simulator import checkouts, refunds, subscriptions
from stars.simulator.amounts import Json
from stars.simulator.arguments import TRUE, Args, refuse_if
from stars.simulator.ledger import star_amount
from stars.simulator.records import Bot
from stars.simulator.world import World


def answer_pre_checkout_query(world: World, bot: Bot, args: Args) -> bool:
    """Approve a checkout, or decline it with a reason."""
    ok = args.flag("ok")
    reason = "" if ok else args.required("error_message")
    checkouts.answer(world, bot, args.text("pre_checkout_query_id"), ok, reason)
    return True


def refund_star_payment(world: World, bot: Bot, args: Args) -> bool:
    """Give a payment back."""
    user_id = _user_id(world, args)
    refunds.refund(world, bot, user_id, args.text("telegram_payment_charge_id"))
    return True


def edit_user_star_subscription(world: World, bot: Bot, args: Args) -> bool:
    """Cancel a subscription, or let the user take it up again."""
    user_id = _user_id(world, args)
    charge = args.text("telegram_payment_charge_id")
    is_canceled = args.required("is_canceled").lower() in TRUE
    subscriptions.edit(world, bot, user_id, charge, is_canceled)
    return True


def get_star_transactions(_world: World, bot: Bot, args: Args) -> Json:
    """List the bot's transactions, oldest first."""
    offset = args.whole("offset", 0, 0, 2**31)
    limit = args.whole("limit", 100, 1, 100)
    return {"transactions": bot.transactions[offset : offset + limit]}


def get_my_star_balance(_world: World, bot: Bot, _args: Args) -> Json:
    """Tell how many Stars the bot has."""
    return star_amount(bot.nanostars)


METHODS = {
    "answerprecheckoutquery": answer_pre_checkout_query,
    "refundstarpayment": refund_star_payment,
    "edituserstarsubscription": edit_user_star_subscription,
    "getstartransactions": get_star_transactions,
    "getmystarbalance": get_my_star_balance,
}


def _user_id(world: World, args: Args) -> int:
    """The id of a user who exists; raises Refused."""
    user_id = args.id("user_id")
    refuse_if(not user_id, "invalid user_id specified")
    refuse_if(user_id not in world.users, "user not found")
    return user_id
