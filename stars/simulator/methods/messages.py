"""Messages of text: sendMessage, and editing and deleting messages of any kind."""

from collections.abc import Callable
from dataclasses import dataclass

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.chats import find_chat, find_message, touch
from stars.simulator.formatting.texts import read_caption, read_text
from stars.simulator.keyboards import read_inline_keyboard
from stars.simulator.methods.sending import send
from stars.simulator.records import Bot, Chat
from stars.simulator.world import World

ACTIONS = (
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
)
ACTION_SECONDS = 5
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)


@dataclass(frozen=True)
class Part:
    """A part of a message that can be edited, and the messages that have it."""

    name: str
    holders: tuple[str, ...]  # one of these is in the message
    fields: tuple[str, ...]  # these are replaced
    read: Callable[[Args], Json]  # by these


TEXT = Part("text", ("text",), ("text", "entities"), read_text)
CAPTION = Part(
    "caption",
    ("photo", "video", "animation", "audio", "document", "voice", "paid_media"),
    ("caption", "caption_entities"),
    read_caption,
)
KEYBOARD = Part("reply markup", (), (), lambda args: {})


def send_message(world: World, bot: Bot, args: Args) -> Json:
    """Send a text."""
    return send(world, bot, args, read_text(args))


def edit_message_text(world: World, bot: Bot, args: Args) -> Json | bool:
    """Change the text and the keyboard of one of the bot's messages."""
    return _edit(world, bot, args, TEXT)


def edit_message_caption(world: World, bot: Bot, args: Args) -> Json | bool:
    """Change the caption and the keyboard of one of the bot's messages."""
    return _edit(world, bot, args, CAPTION)


def edit_message_reply_markup(world: World, bot: Bot, args: Args) -> Json | bool:
    """Change the keyboard of one of the bot's messages."""
    return _edit(world, bot, args, KEYBOARD)


def delete_message(world: World, bot: Bot, args: Args) -> bool:
    """Delete a message, of the bot or of the user."""
    chat = find_chat(world, bot, args)
    message = find_message(chat, args.id("message_id"), "delete")
    del chat.messages[message["message_id"]]
    touch(world, chat)
    return True


def delete_messages(world: World, bot: Bot, args: Args) -> bool:
    """Delete several messages; those that are not there are skipped."""
    chat = find_chat(world, bot, args)
    for message_id in read_ids(args):
        chat.messages.pop(message_id, None)
    touch(world, chat)
    return True


def send_chat_action(world: World, bot: Bot, args: Args) -> bool:
    """Show for some seconds that the bot is typing, or the like."""
    chat = find_chat(world, bot, args)
    action = args.text("action")
    refuse_if(action not in ACTIONS, "wrong parameter action in request")
    chat.action = action
    chat.action_until = world.clock.now() + ACTION_SECONDS
    touch(world, chat)
    return True


METHODS = {
    "sendmessage": send_message,
    "editmessagetext": edit_message_text,
    "editmessagecaption": edit_message_caption,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "deletemessages": delete_messages,
    "sendchataction": send_chat_action,
}


def read_ids(args: Args) -> list[int]:
    """The `message_ids`; raises Refused."""
    given = args.parsed("message_ids", "message identifiers")
    if not isinstance(given, list) or not all(isinstance(one, int) for one in given):
        raise Refused("message identifiers are not specified")
    refuse_if(not 1 <= len(given) <= 100, "too many message identifiers specified")
    return given


def find_own_message(world: World, bot: Bot, args: Args) -> tuple[Chat, Json]:
    """The chat and message that the arguments name, to be edited; raises Refused."""
    chat = find_chat(world, bot, args)
    message = find_message(chat, args.id("message_id"), "edit")
    refuse_if(message["from"]["id"] != bot.id, "message can't be edited")
    return chat, message


def replace_message(world: World, chat: Chat, message: Json) -> Json:
    """Put an edited message in the place of the one with its id."""
    edited = message | {"edit_date": int(world.clock.now())}
    chat.messages[message["message_id"]] = edited
    touch(world, chat)
    return edited


def _edit(world: World, bot: Bot, args: Args, part: Part) -> Json | bool:
    """Change a part of a message, and its keyboard; raises Refused."""
    if args.text("inline_message_id"):
        return True  # messages sent through inline mode stand in no chat that is simulated
    chat, before = find_own_message(world, bot, args)
    suits = not part.holders or any(holder in before for holder in part.holders)
    refuse_if(not suits, f"there is no {part.name} in the message to edit")
    replaced = (*part.fields, "reply_markup")
    after = {name: value for name, value in before.items() if name not in replaced}
    after |= part.read(args) | read_inline_keyboard(args)
    refuse_if(after == before, NOT_MODIFIED)
    return replace_message(world, chat, after)
