"""reply_markup: inline keyboards under a message, and keyboards in place of the buyer's own."""

import re

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.chats import touch
from stars.simulator.records import Chat
from stars.simulator.world import World

# What an inline button may do. Exactly one of them is set.
ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
LONGEST_DATA = 64  # bytes
# An address on the web, also without its scheme, or a place within Telegram.
ADDRESS = re.compile(r"(?:(?:https?|tg)://)?[^\s:/?#]+(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)


def read_inline_keyboard(args: Args) -> Json:
    """The message's `reply_markup` if it is an inline keyboard, or nothing; raises Refused."""
    markup = _read(args)
    if "inline_keyboard" not in markup:
        return {}
    rows = [[_button(one) for one in row] for row in _rows(markup["inline_keyboard"])]
    shown = [row for row in rows if row]
    return {"reply_markup": {"inline_keyboard": shown}} if shown else {}


def change_keyboard(world: World, chat: Chat, args: Args) -> None:
    """Show the buyer the keyboard that came with a message, or take it away; raises Refused."""
    markup = _read(args)
    if "keyboard" in markup:
        chat.keyboard = [[_label(one) for one in row] for row in _rows(markup["keyboard"])]
        touch(world, chat)
    elif markup.get("remove_keyboard"):
        chat.keyboard = []
        touch(world, chat)


def _read(args: Args) -> Json:
    markup = args.parsed("reply_markup", "reply keyboard markup")
    if markup is None:
        return {}
    if not isinstance(markup, dict):
        raise Refused("object expected as reply markup")
    return markup


def _rows(keyboard: object) -> list[list[object]]:
    rows = keyboard if isinstance(keyboard, list) else None
    if rows is None or not all(isinstance(row, list) for row in rows):
        raise Refused('field "keyboard" of the ReplyKeyboardMarkup must be an Array of Arrays')
    return rows


def _label(button: object) -> str:
    """What a button of the buyer's keyboard sends."""
    return str(button["text"]) if isinstance(button, dict) and "text" in button else str(button)


def _button(button: object) -> Json:
    if not isinstance(button, dict) or not button.get("text"):
        raise Refused('can\'t parse inline keyboard button: Field "text" must be of type String')
    actions = [name for name in ACTIONS if button.get(name) not in (None, False)]
    refuse_if(
        not actions,
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    )
    refuse_if(
        "url" in actions and not ADDRESS.fullmatch(str(button["url"])),
        f"inline keyboard button URL '{button.get('url')}' is invalid: Wrong HTTP URL",
    )
    data = str(button.get("callback_data", ""))
    too_long = len(data.encode(errors="replace")) > LONGEST_DATA
    refuse_if(actions[0] == "callback_data" and (not data or too_long), "BUTTON_DATA_INVALID")
    return {name: value for name, value in button.items() if value is not None}
