"""Chats under /sim/: buyers write and press buttons, tests and the chat page look on."""

from stars.simulator import buttons
from stars.simulator.amounts import Json
from stars.simulator.chats import chat_of
from stars.simulator.formatting.texts import LONGEST_TEXT
from stars.simulator.interface.lookup import find, find_bot, find_user, number, query_number
from stars.simulator.interface.purchases import DEFAULT_WAIT, LONGEST_WAIT
from stars.simulator.methods.profile import commands_shown
from stars.simulator.records import Bot, Chat, Offer, User
from stars.simulator.world import World

ANSWER_WAIT = 10  # real seconds that a press waits for the bot's answer, unless it says otherwise


def look_at_chat(world: World, given: Json) -> Json:
    """Everything that a buyer sees of a chat.

    With `wait`, waits that many real seconds for it to change after the number `changes`.
    """
    user = find(world.users, int(query_number(given, "user")), "user")
    bot = find_bot(world, given)
    chat = chat_of(bot, user)
    seen = int(given.get("changes", -1))
    wait = query_number(given, "wait", 0, LONGEST_WAIT)
    world.lock.wait_for(lambda: world.clock.closed or chat.changes != seen, wait)
    return _shown(world, bot, user, chat)


def post_message(world: World, given: Json) -> Json:
    """Write to a bot: a `text`, or /start with the payload in `start`."""
    user = find_user(world, given)
    bot = find_bot(world, given)
    text = str(given.get("text", ""))
    if "start" in given:
        text = f"/start {given['start']}".strip()
    if not 0 < len(text) <= LONGEST_TEXT:
        raise ValueError(f"text has from 1 to {LONGEST_TEXT} characters")
    return buttons.write(world, bot, user, text)


def post_press(world: World, given: Json) -> Json:
    """Press an inline button, named by its text or its data.

    Waits `wait` real seconds for what comes of it: the bot's answer, or the outcome of a
    payment. A button that opens an address tells the address.
    """
    user = find_user(world, given)
    bot = find_bot(world, given)
    chat = chat_of(bot, user)
    message_id = int(number(given, "message_id", 0))
    message, button = buttons.find_button(chat, message_id, str(given.get("button")))
    if button.get("pay"):
        checkout = buttons.pay(world, bot, user, message)
        wait = number(given, "wait", DEFAULT_WAIT, LONGEST_WAIT)
        world.lock.wait_for(lambda: checkout.status != "pending", wait)
        return checkout.shown()
    if "callback_data" in button:
        press = buttons.press(world, bot, user, message, str(button["callback_data"]))
        wait = number(given, "wait", ANSWER_WAIT, LONGEST_WAIT)
        world.lock.wait_for(lambda: press.answered, wait)
        return press.shown()
    return {"button": button}


LOOK = {"chat": look_at_chat}
ACT = {"message": post_message, "press": post_press}


def _shown(world: World, bot: Bot, user: User, chat: Chat) -> Json:
    profile = bot.profile
    acting = chat.action and chat.action_until > world.clock.now()
    language = user.language_code or ""
    return {
        "changes": chat.changes,
        "bot": bot.shown() | {"description": _spoken(profile.descriptions, language)},
        "user": {"id": user.id, "first_name": user.first_name, "stars": user.stars},
        "messages": [chat.messages[one] for one in sorted(chat.messages)],
        "offers": {one: _offer(offer) for one, offer in chat.offers.items()},
        "keyboard": chat.keyboard,
        "action": chat.action if acting else "",
        "commands": commands_shown(profile, user.id, language),
        "menu_button": chat.menu_button or profile.menu_button,
    }


def _spoken(texts: dict[str, str], language: str) -> str:
    return texts.get(language) or texts.get("", "")


def _offer(offer: Offer) -> Json:
    invoice = offer.invoice
    return {"link": f"/${invoice.slug}", "photo_url": invoice.photo_url, "paid": offer.paid()}
