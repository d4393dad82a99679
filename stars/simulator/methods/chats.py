"""What a bot can ask about a chat, and the methods that end its work."""

from stars.simulator.amounts import Json
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.chats import find_chat, shown
from stars.simulator.records import Bot
from stars.simulator.world import World


def get_chat(world: World, bot: Bot, args: Args) -> Json:
    """Describe a private chat."""
    chat = find_chat(world, bot, args)
    return shown(chat) | {
        "accent_color_id": chat.user.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": True,
            "limited_gifts": True,
            "unique_gifts": True,
            "premium_subscription": True,
            "gifts_from_channels": True,
        },
    }


def get_chat_member(world: World, bot: Bot, args: Args) -> Json:
    """Describe one of the two in a private chat."""
    chat = find_chat(world, bot, args)
    members = {chat.user.id: chat.user.shown(), bot.id: bot.shown()}
    user_id = args.id("user_id")
    refuse_if(user_id not in members, "PARTICIPANT_ID_INVALID")
    return {"status": "member", "user": members[user_id]}


def get_chat_member_count(world: World, bot: Bot, args: Args) -> int:
    """Two: the bot and the user."""
    find_chat(world, bot, args)
    return 2


def get_chat_administrators(world: World, bot: Bot, args: Args) -> list[Json]:
    """Refuse: a private chat has none."""
    find_chat(world, bot, args)
    refuse_if(True, "there are no administrators in the private chat")
    return []


def end_work(_world: World, _bot: Bot, _args: Args) -> bool:
    """Say that the bot may move to another server. It can go on working here."""
    return True


METHODS = {
    "getchat": get_chat,
    "getchatmember": get_chat_member,
    "getchatmembercount": get_chat_member_count,
    "getchatadministrators": get_chat_administrators,
    "close": end_work,
    "logout": end_work,
}
