"""Messages of the private chat between a bot and a user, in the Bot API's shape."""

from stars.simulator.records import Bot, Json, User
from stars.simulator.world import World


def new_message(world: World, bot: Bot, user: User, sender: User | Bot, content: Json) -> Json:
    """The next message of the chat, sent by one of the two."""
    bot.message_ids[user.id] += 1
    return {
        "message_id": bot.message_ids[user.id],
        "from": sender.shown(),
        "chat": private_chat(user),
        "date": int(world.clock.now()),
        **content,
    }


def private_chat(user: User) -> Json:
    """A user's chat, as the Bot API's Chat."""
    chat: Json = {"id": user.id, "first_name": user.first_name}
    if user.username:
        chat["username"] = user.username
    return chat | {"type": "private"}
