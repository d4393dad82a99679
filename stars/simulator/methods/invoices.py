"""createInvoiceLink and sendInvoice, with the checks that Stars bring."""

import json

from stars.simulator.answers import Refused
from stars.simulator.arguments import Args, refuse_if, required, whole
from stars.simulator.messages import new_message
from stars.simulator.records import Bot, Invoice, Json
from stars.simulator.world import World

# The beginnings of arguments that do not go with Stars.
STRAY = (
    "need_",
    "send_",
    "is_flexible",
    "max_tip_amount",
    "suggested_tip_amounts",
    "provider_",
)
NOTHING = ("", "0", "false", "[]", "no")


def create_invoice_link(world: World, bot: Bot, args: Args) -> str:
    """Create an invoice and return its link."""
    slug = _new_invoice(world, bot, args).slug
    base = world.settings.link_base or bot.address
    return f"{base.rstrip('/')}/${slug}"


def send_invoice(world: World, bot: Bot, args: Args) -> Json:
    """Create an invoice and send it into a chat."""
    user = world.users.get(whole(args, "chat_id", 0, 0, 2**52))
    if user is None:
        raise Refused("chat not found" if args.get("chat_id") else "chat_id is empty")
    invoice = _new_invoice(world, bot, args)
    content = {
        "title": invoice.title,
        "description": invoice.description,
        "start_parameter": "",
        "currency": "XTR",
        "total_amount": invoice.amount,
    }
    return new_message(world, bot, user, bot, {"invoice": content})


METHODS = {
    "createinvoicelink": create_invoice_link,
    "sendinvoice": send_invoice,
}


def _new_invoice(world: World, bot: Bot, args: Args) -> Invoice:
    """The invoice that the arguments describe, remembered under a new link; raises Refused."""
    title = required(args, "title")
    description = required(args, "description")
    payload = required(args, "payload")
    currency = required(args, "currency")
    amounts = _amounts(required(args, "prices"))
    # These two words of refusal are guesses: only the lengths are documented.
    refuse_if(len(title) > 32, "INVOICE_TITLE_INVALID")
    refuse_if(len(description) > 255, "INVOICE_DESCRIPTION_INVALID")
    refuse_if(len(payload.encode(errors="replace")) > 128, "INVOICE_PAYLOAD_INVALID")
    refuse_if(currency != "XTR", "PAYMENT_PROVIDER_INVALID")
    # Subscriptions are not simulated.
    refuse_if(args.get("subscription_period", "0") != "0", "SUBSCRIPTION_PERIOD_INVALID")
    refuse_if(len(amounts) != 1, "STARS_INVOICE_INVALID")
    refuse_if(world.settings.refuse_stray_fields and _stray(args), "STARS_INVOICE_INVALID")
    amount = amounts[0]
    refuse_if(not 1 <= amount <= world.settings.max_amount, "CURRENCY_TOTAL_AMOUNT_INVALID")
    slug = world.word(22)
    photo_url = args.get("photo_url", "")
    invoice = Invoice(slug, bot, title, description, payload, amount, photo_url)
    world.invoices[slug] = invoice
    return invoice


def _amounts(prices: str) -> list[int]:
    """The amounts of a JSON list of LabeledPrice; raises Refused."""
    try:
        return [int(str(price["amount"])) for price in json.loads(prices) if price["label"]]
    except (KeyError, TypeError, ValueError):
        raise Refused("can't parse prices JSON object") from None


def _stray(args: Args) -> bool:
    """Whether an argument is set that does not go with Stars."""
    for name, value in args.items():
        if name.startswith(STRAY) and value.lower() not in NOTHING:
            return True
    return False
