"""The methods of the Bot API that Stars need, as its documentation has them, with Telegram's checks and words of refusal."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx

from stars.simulator import delivery, payments
from stars.simulator.world import URL_SAFE, Bot, Invoice, Refused, World

Args = dict[str, str]
STRAY = (
    "need_",
    "send_",
    "is_flexible",
    "max_tip_amount",
    "suggested_tip_amounts",
    "provider_",
)  # not with Stars
TRUE = ("true", "yes", "1")
NOTHING = ("", "0", "false", "[]", "no")
THIS_MACHINE = re.compile(r"localhost|127(\.\d+){3}|::1")
PORTS = (None, 443, 80, 88, 8443)
ABILITIES = {
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
    "can_connect_to_business": False,
    "has_main_web_app": False,
}


def _set_webhook(world: World, bot: Bot, args: Args) -> tuple[bool, str]:
    given, secret = args.get("url", ""), args.get("secret_token", "")
    try:
        url = httpx.URL(given if "://" in given or not given else f"https://{given}")
    except httpx.InvalidURL:
        url = httpx.URL("nonsense:")
    strict = bool(given) and (world.settings.https_only or not THIS_MACHINE.fullmatch(url.host))
    _refuse_if(
        (
            "invalid webhook URL specified",
            bool(given) and (url.scheme not in ("http", "https") or not url.host),
        ),
        ("secret token is too long", len(secret) > 256),
        ("secret token contains unallowed characters", not set(secret) <= set(URL_SAFE)),
        (
            "bad webhook: An HTTPS URL must be provided for webhook",
            strict and url.scheme != "https",
        ),
        (
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
            strict and url.port not in PORTS,
        ),
    )
    _choose_updates(bot, args)
    if args.get("drop_pending_updates", "").lower() in TRUE:
        bot.updates.clear()
    before, bot.last_error = (bot.url, bot.secret, bot.max_connections), None
    bot.url, bot.secret, bot.max_connections = now = (
        str(url),
        secret,
        _whole(args, "max_connections", 40, 1, 100),
    )
    delivery.pump(world, bot)
    if given:
        return True, "Webhook is already set" if now == before else "Webhook was set"
    return True, "Webhook was deleted" if before[0] else "Webhook is already deleted"


def _get_webhook_info(_world: World, bot: Bot, _args: Args) -> dict[str, Any]:
    info: dict[str, Any] = {
        "url": bot.url,
        "has_custom_certificate": False,
        "pending_update_count": len(bot.updates),
    }
    info |= {"max_connections": bot.max_connections} if bot.url else {}
    info |= (
        {"last_error_date": bot.last_error[0], "last_error_message": bot.last_error[1]}
        if bot.last_error
        else {}
    )
    return info | ({"allowed_updates": bot.allowed_updates} if bot.allowed_updates else {})


def _get_updates(world: World, bot: Bot, args: Args) -> list[dict[str, Any]]:
    _choose_updates(bot, args)
    offset, limit = _whole(args, "offset", 0, -(2**31), 2**31), _whole(args, "limit", 100, 1, 100)
    return delivery.poll(world, bot, offset, limit, _whole(args, "timeout", 0, 0, 50))


def _create_invoice_link(world: World, bot: Bot, args: Args) -> str:
    return f"{(world.settings.link_base or bot.address).rstrip('/')}/${_invoice(world, bot, args).slug}"


def _send_invoice(world: World, bot: Bot, args: Args) -> dict[str, Any]:
    user = world.users.get(_whole(args, "chat_id", 0, 0, 2**52))
    if user is None:
        raise Refused("chat not found" if args.get("chat_id") else "chat_id is empty")
    invoice = _invoice(world, bot, args)
    content = {name: vars(invoice)[name] for name in ("title", "description")} | {
        "start_parameter": "",
        "currency": "XTR",
    }
    return payments.message_of(
        world, bot, user, bot, invoice=content | {"total_amount": invoice.amount}
    )


def _answer_pre_checkout_query(world: World, bot: Bot, args: Args) -> bool:
    ok = args.get("ok", "").lower() in TRUE
    why = "" if ok else _required(args, "error_message")
    payments.answer(world, bot, args.get("pre_checkout_query_id", ""), ok, why)
    return True


def _refund_star_payment(world: World, bot: Bot, args: Args) -> bool:
    user_id = _whole(args, "user_id", 0, 0, 2**52)
    if user_id not in world.users:
        raise Refused("user not found" if user_id else "invalid user_id specified")
    payments.refund(world, bot, user_id, args.get("telegram_payment_charge_id", ""))
    return True


def _get_star_transactions(_world: World, bot: Bot, args: Args) -> dict[str, Any]:
    offset, limit = _whole(args, "offset", 0, 0, 2**31), _whole(args, "limit", 100, 1, 100)
    return {"transactions": bot.transactions[offset : offset + limit]}


METHODS: dict[str, Callable[[World, Bot, Args], Any]] = {
    "getme": lambda _world, bot, _args: bot.shown() | ABILITIES,
    "setwebhook": _set_webhook,
    "getwebhookinfo": _get_webhook_info,
    "deletewebhook": lambda world, bot, args: _set_webhook(world, bot, args | {"url": ""}),
    "getupdates": _get_updates,
    "createinvoicelink": _create_invoice_link,
    "sendinvoice": _send_invoice,
    "answerprecheckoutquery": _answer_pre_checkout_query,
    "refundstarpayment": _refund_star_payment,
    "getstartransactions": _get_star_transactions,
    "getmystarbalance": lambda _world, bot, _args: {"amount": bot.balance},
}


def _refuse_if(*checks: tuple[str, bool]) -> None:
    for why, wrong in checks:
        if wrong:
            raise Refused(why)


def _required(args: Args, name: str) -> str:
    _refuse_if((f'parameter "{name}" is required', not args.get(name)))
    return args[name]


def _whole(args: Args, name: str, default: int, low: int, high: int) -> int:
    """A number; one out of bounds is brought within, as Telegram does."""
    given = args.get(name, "")
    return min(high, max(low, int(given))) if re.fullmatch(r"-?\d{1,18}", given) else default


def _invoice(world: World, bot: Bot, args: Args) -> Invoice:
    """The invoice that is asked for, remembered under a new link; raises Refused."""
    needed = ("title", "description", "payload", "currency")
    title, description, payload, currency = (_required(args, name) for name in needed)
    try:
        amounts = [
            int(str(price["amount"]))
            for price in json.loads(_required(args, "prices"))
            if price["label"]
        ]
    except (KeyError, TypeError, ValueError):
        raise Refused("can't parse prices JSON object") from None
    stray = any(
        name.startswith(STRAY) and value.lower() not in NOTHING for name, value in args.items()
    )
    _refuse_if(
        (
            "INVOICE_TITLE_INVALID",
            len(title) > 32,
        ),  # this word and the next are guesses: only the lengths are documented
        ("INVOICE_DESCRIPTION_INVALID", len(description) > 255),
        ("INVOICE_PAYLOAD_INVALID", len(payload.encode(errors="replace")) > 128),
        ("PAYMENT_PROVIDER_INVALID", currency != "XTR"),
        (
            "SUBSCRIPTION_PERIOD_INVALID",
            args.get("subscription_period", "0") != "0",
        ),  # subscriptions are not simulated
        (
            "STARS_INVOICE_INVALID",
            len(amounts) != 1 or (stray and world.settings.refuse_stray_fields),
        ),
        ("CURRENCY_TOTAL_AMOUNT_INVALID", not 1 <= sum(amounts) <= world.settings.max_amount),
    )
    invoice = Invoice(
        world.word(22), bot, title, description, payload, amounts[0], args.get("photo_url", "")
    )
    world.invoices[invoice.slug] = invoice
    return invoice


def _choose_updates(bot: Bot, args: Args) -> None:
    """Remember `allowed_updates`; left out, the previous choice stays, and an empty list is the default."""
    try:
        wanted = json.loads(args.get("allowed_updates", ""))
    except ValueError:
        return
    if isinstance(wanted, list):
        bot.allowed_updates = [str(name).lower() for name in wanted]
