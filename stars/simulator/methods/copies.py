"""Forwarding and copying messages, one or several."""

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.chats import add_message, find_chat, find_message
from stars.simulator.formatting.texts import read_caption
from stars.simulator.methods.messages import CAPTION, read_ids
from stars.simulator.methods.sending import send
from stars.simulator.records import Bot, Chat
from stars.simulator.world import World

# What belongs to the place of a message and not to its content.
OF_THE_PLACE = (
    "message_id",
    "from",
    "chat",
    "date",
    "edit_date",
    "reply_to_message",
    "reply_markup",
    "forward_origin",
)
# Nobody can copy what tells of something that happened.
SERVICE = ("successful_payment", "refunded_payment", "invoice", "poll")


def forward_message(world: World, bot: Bot, args: Args) -> Json:
    """Send a message once more, saying whose it was."""
    source = find_chat(world, bot, args, "from_chat_id")
    return send(world, bot, args, _forwarded(source, args.id("message_id")))


def copy_message(world: World, bot: Bot, args: Args) -> Json:
    """Send a message's content once more; the new message's id."""
    source = find_chat(world, bot, args, "from_chat_id")
    content = _copied(source, args.id("message_id"))
    if args.text("caption"):
        for name in CAPTION.fields:
            content.pop(name, None)
        content |= read_caption(args)
    return {"message_id": send(world, bot, args, content)["message_id"]}


def forward_messages(world: World, bot: Bot, args: Args) -> list[Json]:
    """Forward several messages; those that are not there are skipped."""
    source = find_chat(world, bot, args, "from_chat_id")
    contents = [_forwarded(source, one) for one in read_ids(args) if one in source.messages]
    return _send_all(world, bot, args, contents)


def copy_messages(world: World, bot: Bot, args: Args) -> list[Json]:
    """Copy several messages; those that are not there are skipped."""
    source = find_chat(world, bot, args, "from_chat_id")
    contents = [_copied(source, one) for one in read_ids(args) if one in source.messages]
    return _send_all(world, bot, args, contents)


METHODS = {
    "forwardmessage": forward_message,
    "copymessage": copy_message,
    "forwardmessages": forward_messages,
    "copymessages": copy_messages,
}


def _forwarded(source: Chat, message_id: int) -> Json:
    message = find_message(source, message_id, "forward")
    origin = message.get("forward_origin") or {
        "type": "user",
        "sender_user": message["from"],
        "date": message["date"],
    }
    return {"forward_origin": origin} | _content(message)


def _copied(source: Chat, message_id: int) -> Json:
    message = find_message(source, message_id, "copy")
    refuse_if(any(name in message for name in SERVICE), "message can't be copied")
    return _content(message)


def _content(message: Json) -> Json:
    return {name: value for name, value in message.items() if name not in OF_THE_PLACE}


def _send_all(world: World, bot: Bot, args: Args, contents: list[Json]) -> list[Json]:
    if not contents:
        raise Refused("there are no messages to send")
    chat = find_chat(world, bot, args)
    sent = [add_message(world, chat, bot, content) for content in contents]
    return [{"message_id": message["message_id"]} for message in sent]
