"""What a buyer does in a chat: write, and press buttons. Everything runs under the lock."""

from stars.simulator import checkouts
from stars.simulator.amounts import Json
from stars.simulator.chats import add_message, chat_of, touch
from stars.simulator.formatting.entities import found
from stars.simulator.records import Bot, Chat, Checkout, Press, User
from stars.simulator.updates import publish
from stars.simulator.world import World


def write(world: World, bot: Bot, user: User, text: str) -> Json:
    """Send a text from the user to the bot; the Bot API's Message."""
    content: Json = {"text": text}
    entities = found(text)
    if entities:
        content["entities"] = entities
    message = add_message(world, chat_of(bot, user), user, content)
    publish(world, bot, "message", message, _facts(bot, user))
    return message


def find_button(chat: Chat, message_id: int | None, label: str) -> tuple[Json, Json]:
    """The message and its inline button with this text or data, the newest if no id is given.

    Raises ValueError if there is none.
    """
    ids = [message_id] if message_id else sorted(chat.messages, reverse=True)
    for one in ids:
        message = chat.messages.get(one, {})
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if label in (button["text"], button.get("callback_data")):
                    return message, button
    raise ValueError(f"no message has such a button: {label}")


def press(world: World, bot: Bot, user: User, message: Json, data: str) -> Press:
    """Press a button that asks the bot: it gets a callback query."""
    query_id = str(world.random.randrange(10**17, 2**63))
    pressed = Press(query_id, bot, user)
    world.presses[query_id] = pressed
    query = {
        "id": query_id,
        "from": user.shown(),
        "message": message,
        "chat_instance": str(user.id * 2**20 + bot.id),
        "data": data,
    }
    publish(world, bot, "callback_query", query, _facts(bot, user))
    return pressed


def pay(world: World, bot: Bot, user: User, message: Json) -> Checkout:
    """Press the Pay button of an invoice message. Raises ValueError if it was paid before."""
    chat = chat_of(bot, user)
    offer = chat.offers[message["message_id"]]
    if offer.paid():
        raise ValueError("this invoice was paid: its button shows the receipt now")
    offer.checkout = checkouts.begin(world, offer.invoice, user)
    touch(world, chat)
    return offer.checkout


def _facts(bot: Bot, user: User) -> Json:
    return {"bot": bot.name, "user": user.id, "payload": None, "charge": None}
