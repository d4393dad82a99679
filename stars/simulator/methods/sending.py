"""What all messages that a bot sends have in common: the chat, the keyboard, the reply."""

from stars.simulator.amounts import Json
from stars.simulator.arguments import Args
from stars.simulator.chats import add_message, find_chat, find_message
from stars.simulator.keyboards import change_keyboard, read_inline_keyboard
from stars.simulator.records import Bot, Chat
from stars.simulator.world import World


def send(world: World, bot: Bot, args: Args, content: Json) -> Json:
    """Send a message with this content into the chat that the arguments name; raises Refused."""
    chat = find_chat(world, bot, args)
    keyboard = read_inline_keyboard(args)
    reply = _reply(chat, args)
    change_keyboard(world, chat, args)
    protected = {"has_protected_content": True} if args.flag("protect_content") else {}
    return add_message(world, chat, bot, reply | content | keyboard | protected)


def _reply(chat: Chat, args: Args) -> Json:
    """The message that is replied to, if there is one."""
    parameters = args.parsed("reply_parameters", "reply parameters")
    given = parameters if isinstance(parameters, dict) else {}
    message_id = given.get("message_id") or args.id("reply_to_message_id")
    if not isinstance(message_id, int) or not message_id:
        return {}
    optional = given.get("allow_sending_without_reply") or args.flag("allow_sending_without_reply")
    if optional and message_id not in chat.messages:
        return {}
    replied = dict(find_message(chat, message_id, "be replied"))
    replied.pop("reply_to_message", None)  # replies of replies are not shown
    return {"reply_to_message": replied}
