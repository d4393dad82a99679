"""Private chats: finding one, and putting messages into it. Everything runs under the lock."""

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.arguments import Args
from stars.simulator.records import Bot, Chat, User
from stars.simulator.world import World


def chat_of(bot: Bot, user: User) -> Chat:
    """The chat of the two, a new one if need be."""
    if user.id not in bot.chats:
        bot.chats[user.id] = Chat(user)
    return bot.chats[user.id]


def find_chat(world: World, bot: Bot, args: Args, name: str = "chat_id") -> Chat:
    """The chat that an argument names by the user's id; raises Refused. Groups do not exist."""
    user = world.users.get(args.id(name))
    if user is None:
        raise Refused("chat not found" if args.text(name) else f"{name} is empty")
    return chat_of(bot, user)


def find_message(chat: Chat, message_id: int, purpose: str) -> Json:
    """The message of that id; raises Refused with the `purpose` that it is not found for."""
    if message_id not in chat.messages:
        raise Refused(f"message to {purpose} not found")
    return chat.messages[message_id]


def add_message(world: World, chat: Chat, sender: User | Bot, content: Json) -> Json:
    """Put a new message into the chat, sent by one of the two; the Bot API's Message."""
    chat.newest_id += 1
    message = {
        "message_id": chat.newest_id,
        "from": sender.shown(),
        "chat": shown(chat),
        "date": int(world.clock.now()),
        **content,
    }
    chat.messages[chat.newest_id] = message
    chat.action = ""
    touch(world, chat)
    return message


def touch(world: World, chat: Chat) -> None:
    """Tell those who watch the chat that it has changed."""
    chat.changes += 1
    world.lock.notify_all()


def shown(chat: Chat) -> Json:
    """As the Bot API's Chat."""
    user = chat.user
    about: Json = {"id": user.id, "first_name": user.first_name}
    if user.last_name:
        about["last_name"] = user.last_name
    if user.username:
        about["username"] = user.username
    return about | {"type": "private"}
