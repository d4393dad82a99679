"""createInvoiceLink and sendInvoice, with the checks that Stars bring."""

import json

from stars.simulator.answers import Refused
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.chats import find_chat
from stars.simulator.keyboards import read_inline_keyboard
from stars.simulator.methods.sending import send
from stars.simulator.records import Bot, Invoice, Json, Offer
from stars.simulator.world import World

# The beginnings of arguments that do not go with Stars.
UNSUPPORTED = ("max_tip_amount", "suggested_tip_amounts", "provider_")
IGNORED = ("need_", "send_", "is_flexible")
NOTHING = ("", "0", "false", "[]", "no")


def create_invoice_link(world: World, bot: Bot, args: Args) -> str:
    """Create an invoice and return its link."""
    slug = _new_invoice(world, bot, args).slug
    base = world.settings.link_base or bot.address
    return f"{base.rstrip('/')}/${slug}"


def send_invoice(world: World, bot: Bot, args: Args) -> Json:
    """Create an invoice and send it into a chat."""
    chat = find_chat(world, bot, args)
    keyboard = _keyboard(args)
    invoice = _new_invoice(world, bot, args)
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


def _new_invoice(world: World, bot: Bot, args: Args) -> Invoice:
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
    # Subscriptions are not simulated.
    refuse_if(args.text("subscription_period", "0") != "0", "SUBSCRIPTION_PERIOD_INVALID")
    refuse_if(len(amounts) != 1, "STARS_INVOICE_INVALID")
    stray = UNSUPPORTED + IGNORED if world.settings.refuse_stray_fields else UNSUPPORTED
    refuse_if(_has(args, stray), "STARS_INVOICE_INVALID")
    amount = amounts[0]
    refuse_if(not 1 <= amount <= world.settings.max_amount, "CURRENCY_TOTAL_AMOUNT_INVALID")
    slug = world.word(22)
    invoice = Invoice(slug, bot, title, description, payload, amount, args.text("photo_url"))
    world.invoices[slug] = invoice
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
