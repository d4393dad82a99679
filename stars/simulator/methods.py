"""The methods of the Bot API that Stars need, with Telegram's checks and the words of its refusals."""

import ipaddress
import json
from collections.abc import Callable
from typing import Any

import httpx

from stars.simulator import delivery, payments
from stars.simulator.world import EVERY_UPDATE, URL_SAFE, Bot, Invoice, Refused, Webhook, World

Args = dict[str, str]
STRAY = (  # no business of an invoice in Stars
    "need_name", "need_phone_number", "need_email", "need_shipping_address", "send_phone_number_to_provider",
    "send_email_to_provider", "is_flexible", "max_tip_amount", "suggested_tip_amounts", "provider_token",
)
NOTHING = ("", "0", "false", "[]", "no")
PORTS = (443, 80, 88, 8443)


def get_me(_world: World, bot: Bot, _args: Args) -> dict[str, Any]:
    """Answer who the bot is: all of it follows from the token's number."""
    can = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False,
           "can_connect_to_business": False, "has_main_web_app": False}
    return bot.shown() | can


def set_webhook(world: World, bot: Bot, args: Args) -> tuple[bool, str]:
    """Set it, or delete it when `url` is empty. What `allowed_updates` was before, stays when it is left out."""
    url, secret = args.get("url", ""), args.get("secret_token", "")
    if not url:
        return delete_webhook(world, bot, args)
    try:
        parsed = httpx.URL(url if "://" in url else f"https://{url}")
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Refused(400, "Bad Request: invalid webhook URL specified")
    if len(secret) > 256:
        raise Refused(400, "Bad Request: secret token is too long")
    if not set(secret) <= set(URL_SAFE):
        raise Refused(400, "Bad Request: secret token contains unallowed characters")
    if world.settings.https_only or not _of_this_machine(parsed.host):
        if parsed.scheme != "https":
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if (parsed.port or 443) not in PORTS:
            raise Refused(400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    _allow(bot, args)
    if truth(args, "drop_pending_updates"):
        bot.updates.clear()
    webhook = Webhook(str(parsed), secret, whole(args, "max_connections", 40, 1, 100))
    same, bot.webhook, bot.last_error = bot.webhook == webhook, webhook, None
    delivery.pump(world, bot)
    return True, "Webhook is already set" if same else "Webhook was set"


def delete_webhook(_world: World, bot: Bot, args: Args) -> tuple[bool, str]:
    """Delete it; the updates stay for getUpdates, unless they are to be dropped."""
    if truth(args, "drop_pending_updates"):
        bot.updates.clear()
    there, bot.webhook, bot.last_error = bot.webhook is not None, None, None
    return True, "Webhook was deleted" if there else "Webhook is already deleted"


def get_webhook_info(_world: World, bot: Bot, _args: Args) -> dict[str, Any]:
    """Answer how the webhook stands, and what was wrong with it last."""
    url = bot.webhook.url if bot.webhook else ""
    info: dict[str, Any] = {"url": url, "has_custom_certificate": False, "pending_update_count": len(bot.updates)}
    if bot.webhook:
        info["max_connections"] = bot.webhook.max_connections
    if bot.last_error:
        info |= {"last_error_date": bot.last_error[0], "last_error_message": bot.last_error[1]}
    return info | ({"allowed_updates": bot.shown_allowed} if bot.shown_allowed else {})


def get_updates(world: World, bot: Bot, args: Args) -> list[dict[str, Any]]:
    """Answer the updates that wait, holding the line for up to `timeout` seconds."""
    _allow(bot, args)
    offset, limit = whole(args, "offset", 0, -(2**31), 2**31), whole(args, "limit", 100, 1, 100)
    return delivery.poll(world, bot, offset, limit, whole(args, "timeout", 0, 0, 50))


def create_invoice_link(world: World, bot: Bot, args: Args) -> str:
    """Answer a new link, which can be paid any number of times."""
    invoice = _invoice(world, bot, args)
    return f"{(world.settings.link_base or bot.address).rstrip('/')}/${invoice.slug}"


def send_invoice(world: World, bot: Bot, args: Args) -> dict[str, Any]:
    """Answer the message with the invoice, which its reader pays like a link: /sim/links has it."""
    chat = args.get("chat_id")
    if not chat:
        raise Refused(400, "Bad Request: chat_id is empty")
    user = world.users.get(int(chat)) if chat.isdecimal() else None
    if user is None:
        raise Refused(400, "Bad Request: chat not found")
    invoice = _invoice(world, bot, args)
    shown = {"title": invoice.title, "description": invoice.description, "start_parameter": "", "currency": "XTR",
             "total_amount": invoice.amount}
    return payments.message_of(world, bot, user, bot.shown(), invoice=shown)


def answer_pre_checkout_query(world: World, bot: Bot, args: Args) -> bool:
    """Let the sale go on, or end it with a reason that the buyer sees."""
    ok = truth(args, "ok")
    error_message = "" if ok else required(args, "error_message")
    payments.answer(world, bot, args.get("pre_checkout_query_id", ""), ok, error_message)
    return True


def refund_star_payment(world: World, bot: Bot, args: Args) -> bool:
    """Give a payment back."""
    user_id = args.get("user_id", "")
    if not user_id.isdecimal() or not 0 < int(user_id) < 2**52:
        raise Refused(400, "Bad Request: invalid user_id specified")
    if int(user_id) not in world.users:
        raise Refused(400, "Bad Request: user not found")
    payments.refund(world, bot, int(user_id), args.get("telegram_payment_charge_id", ""))
    return True


def get_star_transactions(_world: World, bot: Bot, args: Args) -> dict[str, Any]:
    """Answer a page of them, the oldest first."""
    offset, limit = whole(args, "offset", 0, 0, 2**31), whole(args, "limit", 100, 1, 100)
    return {"transactions": bot.transactions[offset:offset + limit]}


def get_my_star_balance(_world: World, bot: Bot, _args: Args) -> dict[str, int]:
    """Answer the bot's Stars."""
    return {"amount": bot.balance}


METHODS: dict[str, Callable[[World, Bot, Args], Any]] = {
    method.__name__.replace("_", ""): method
    for method in (
        get_me, set_webhook, delete_webhook, get_webhook_info, get_updates, create_invoice_link, send_invoice,
        answer_pre_checkout_query, refund_star_payment, get_star_transactions, get_my_star_balance,
    )
}


def required(args: Args, name: str) -> str:
    """The argument; raises Refused when it is missing or empty."""
    if not args.get(name):
        raise Refused(400, f'Bad Request: parameter "{name}" is required')
    return args[name]


def truth(args: Args, name: str) -> bool:
    """A Boolean argument; anything unknown is false."""
    return args.get(name, "").lower() in ("true", "yes", "1")


def whole(args: Args, name: str, default: int, low: int, high: int) -> int:
    """A number within bounds; Telegram brings it there instead of refusing."""
    try:
        return min(high, max(low, int(args[name])))
    except (KeyError, ValueError):
        return default


def _invoice(world: World, bot: Bot, args: Args) -> Invoice:
    title, description, payload = (required(args, name) for name in ("title", "description", "payload"))
    currency = required(args, "currency")
    amounts = _amounts(required(args, "prices"))
    if len(title) > 32:  # these two words are a guess: the documents give the lengths only
        raise Refused(400, "Bad Request: INVOICE_TITLE_INVALID")
    if len(description) > 255:
        raise Refused(400, "Bad Request: INVOICE_DESCRIPTION_INVALID")
    if len(payload.encode()) > 128:
        raise Refused(400, "Bad Request: INVOICE_PAYLOAD_INVALID")
    if currency != "XTR":
        raise Refused(400, "Bad Request: PAYMENT_PROVIDER_INVALID")
    if args.get("subscription_period", "0") != "0":  # subscriptions are not simulated
        raise Refused(400, "Bad Request: SUBSCRIPTION_PERIOD_INVALID")
    stray = any(args.get(name, "").lower() not in NOTHING for name in STRAY)
    if len(amounts) != 1 or (stray and world.settings.refuse_stray_fields):
        raise Refused(400, "Bad Request: STARS_INVOICE_INVALID")
    if not 1 <= amounts[0] <= world.settings.max_amount:
        raise Refused(400, "Bad Request: CURRENCY_TOTAL_AMOUNT_INVALID")
    invoice = Invoice(world.word(22), bot, title, description, payload, amounts[0], args.get("photo_url", ""))
    world.invoices[invoice.slug] = invoice
    return invoice


def _amounts(prices: str) -> list[int]:
    try:
        given = json.loads(prices)
    except ValueError:
        raise Refused(400, "Bad Request: can't parse prices JSON object") from None
    if not isinstance(given, list):
        raise Refused(400, "Bad Request: expected an Array of LabeledPrice")
    for price in given:
        if not isinstance(price, dict) or not isinstance(price.get("label"), str) or not price["label"]:
            raise Refused(400, "Bad Request: can't parse labeled price: field \"label\" must be a non-empty String")
        if type(price.get("amount")) is not int and not str(price.get("amount")).isdecimal():
            raise Refused(400, "Bad Request: can't parse labeled price: field \"amount\" must be a Number")
    return [int(price["amount"]) for price in given]


def _allow(bot: Bot, args: Args) -> None:
    try:
        wanted = json.loads(args.get("allowed_updates", ""))
    except ValueError:
        return
    if isinstance(wanted, list) and all(isinstance(name, str) for name in wanted):
        bot.shown_allowed = [name.lower() for name in wanted]
        bot.allowed = EVERY_UPDATE & set(bot.shown_allowed) if wanted else EVERY_UPDATE


def _of_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
