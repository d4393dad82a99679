"""createInvoiceLink and sendInvoice, with the checks that Stars bring."""

import json

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.chats import find_chat
from stars.simulator.keyboards import read_inline_keyboard
from stars.simulator.methods.sending import send
from stars.simulator.records import Bot, Invoice, Offer
from stars.simulator.world import World

# The beginnings of arguments that do not go with Stars.
UNSUPPORTED = ("max_tip_amount", "suggested_tip_amounts", "provider_")
IGNORED = ("need_", "send_", "is_flexible")
# Seconds that a subscription's period may have; in Telegram's test environment, these others.
PERIODS = (2_592_000,)
TEST_PERIODS = (60, 300)
NOTHING = ("", "0", "false", "[]", "no")


def create_invoice_link(world: World, bot: Bot, args: Args) -> str:
    """Create an invoice and return its link; raises Refused."""
    slug = _new_invoice(world, bot, args, _period(bot, args)).slug
    base = world.settings.link_base or bot.address
    return f"{base.rstrip('/')}/${slug}"


def send_invoice(world: World, bot: Bot, args: Args) -> Json:
    """Create an invoice and send it into a chat; raises Refused. It can be no subscription."""
    chat = find_chat(world, bot, args)
    keyboard = _keyboard(args)
    invoice = _new_invoice(world, bot, args, period=0)
    content = {
        "title": invoice.title,
        "description": invoice.description,
        "start_parameter": args.text("start_parameter"),
        "currency": "XTR",
        "total_amount": invoice.amount,
    }
    pay = {"inline_keyboard": [[{"text": f"Pay ⭐️{invoice.amount}", "pay": True}]]}
    message = send(world, bot, args, {"invoice": content, "reply_markup": pay} | keyboard)
    chat.offers[message["message_id"]] = Offer(invoice)
    return message


METHODS = {
    "createinvoicelink": create_invoice_link,
    "sendinvoice": send_invoice,
}


def _keyboard(args: Args) -> Json:
    """The keyboard of an invoice message, whose first button pays; raises Refused."""
    keyboard = read_inline_keyboard(args)
    if keyboard:
        first = keyboard["reply_markup"]["inline_keyboard"][0][0]
        refuse_if(not first.get("pay"), "REPLY_MARKUP_BUY_EMPTY")
    return keyboard


def _period(bot: Bot, args: Args) -> int:
    """Seconds that a payment of a subscription lasts, 0 if it is none; raises Refused."""
    text = args.text("subscription_period") or "0"
    if text == "0":
        return 0
    allowed = TEST_PERIODS if bot.is_test() else PERIODS
    period = args.whole("subscription_period", 0, 0, 2**31)
    refuse_if(period not in allowed, "SUBSCRIPTION_PERIOD_INVALID")
    return period


def _new_invoice(world: World, bot: Bot, args: Args, period: int) -> Invoice:
    """The invoice that the arguments describe, remembered under a new link; raises Refused."""
    title = args.required("title")
    description = args.required("description")
    payload = args.required("payload")
    currency = args.required("currency")
    amounts = _amounts(args.required("prices"))
    # These two words of refusal are guesses: only the lengths are documented.
    refuse_if(len(title) > 32, "INVOICE_TITLE_INVALID")
    refuse_if(len(description) > 255, "INVOICE_DESCRIPTION_INVALID")
    refuse_if(len(payload.encode(errors="replace")) > 128, "INVOICE_PAYLOAD_INVALID")
    refuse_if(currency != "XTR", "PAYMENT_PROVIDER_INVALID")
    refuse_if(len(amounts) != 1, "STARS_INVOICE_INVALID")
    stray = UNSUPPORTED + IGNORED if world.settings.refuse_stray_fields else UNSUPPORTED
    refuse_if(_has(args, stray), "STARS_INVOICE_INVALID")
    amount = amounts[0]
    refuse_if(not 1 <= amount <= world.settings.max_amount, "CURRENCY_TOTAL_AMOUNT_INVALID")
    dear = period and amount > world.settings.max_subscription_amount
    refuse_if(dear, "SUBSCRIPTION_AMOUNT_INVALID")
    invoice = Invoice(
        slug=world.word(22),
        bot=bot,
        title=title,
        description=description,
        payload=payload,
        amount=amount,
        photo_url=args.text("photo_url"),
        period=period,
    )
    world.invoices[invoice.slug] = invoice
    return invoice


def _amounts(prices: str) -> list[int]:
    """The amounts of a JSON list of LabeledPrice; raises Refused."""
    try:
        return [int(str(price["amount"])) for price in json.loads(prices) if price["label"]]
    except (KeyError, TypeError, ValueError):
        raise Refused("can't parse prices JSON object") from None


def _has(args: Args, beginnings: tuple[str, ...]) -> bool:
    """Whether an argument is set whose name begins so."""
    return any(
        name.startswith(beginnings) and value.lower() not in NOTHING
        for name, value in args.texts.items()
    )
