"""What a bot tells of itself: its names, descriptions, commands and menu button."""

import json
import re
from collections.abc import Callable

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.chats import find_chat, touch
from stars.simulator.records import Bot, Profile
from stars.simulator.world import World

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
MOST_COMMANDS = 100
LONGEST_DESCRIPTION_OF_A_COMMAND = 256


def get_me(_world: World, bot: Bot, _args: Args) -> Json:
    """Describe the bot itself."""
    return bot.shown() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_guest_queries": False,
        "supports_inline_queries": False,
        "supports_join_request_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
    }


def set_my_commands(world: World, bot: Bot, args: Args) -> bool:
    """Set the commands of a scope and language."""
    given = args.parsed("commands", "commands")
    if not isinstance(given, list):
        raise Refused("can't parse commands JSON object")
    refuse_if(len(given) > MOST_COMMANDS, "BOT_COMMANDS_TOO_MUCH")
    bot.profile.commands[_scope(args)] = [_command(one) for one in given]
    _touch_all(world, bot)
    return True


def get_my_commands(_world: World, bot: Bot, args: Args) -> list[Json]:
    """The commands of exactly this scope and language."""
    return bot.profile.commands.get(_scope(args), [])


def delete_my_commands(world: World, bot: Bot, args: Args) -> bool:
    """Forget the commands of a scope and language, so that more general ones are shown."""
    bot.profile.commands.pop(_scope(args), None)
    _touch_all(world, bot)
    return True


def commands_shown(profile: Profile, user_id: int, language: str) -> list[Json]:
    """The commands that a user sees: of the narrowest scope, and of the language before others."""
    scopes = (
        {"type": "chat", "chat_id": user_id},
        {"type": "all_private_chats"},
        {"type": "default"},
    )
    for scope in scopes:
        for spoken in (language, ""):
            commands = profile.commands.get((json.dumps(scope, sort_keys=True), spoken))
            if commands:
                return commands
    return []


def set_chat_menu_button(world: World, bot: Bot, args: Args) -> bool:
    """Set the button beside the text field, of one chat or of all that have no other."""
    button = args.parsed("menu_button", "menu button") or {"type": "default"}
    known = isinstance(button, dict) and button.get("type") in ("default", "commands", "web_app")
    if not isinstance(button, dict) or not known:
        raise Refused("can't parse menu button: Unsupported MenuButton type specified")
    if args.text("chat_id"):
        find_chat(world, bot, args).menu_button = button
    else:
        bot.profile.menu_button = button
    _touch_all(world, bot)
    return True


def get_chat_menu_button(world: World, bot: Bot, args: Args) -> Json:
    """The button of a chat, or the one of all others."""
    chosen = find_chat(world, bot, args).menu_button if args.text("chat_id") else None
    return chosen or bot.profile.menu_button


def _setter(
    argument: str,
    limit: int,
    table: Callable[[Profile], dict[str, str]],
) -> Callable[[World, Bot, Args], bool]:
    """The method that sets one of the bot's texts, of at most `limit` characters."""

    def set_text(world: World, bot: Bot, args: Args) -> bool:
        text = args.text(argument)
        refuse_if(len(text) > limit, f"bot {argument.replace('_', ' ')} is too long")
        table(bot.profile)[args.text("language_code")] = text
        _touch_all(world, bot)
        return True

    return set_text


def _getter(
    result: str,
    table: Callable[[Profile], dict[str, str]],
    default: Callable[[Bot], str] = lambda bot: "",
) -> Callable[[World, Bot, Args], Json]:
    """The method that tells one of the bot's texts, if need be the one of no language."""

    def get_text(_world: World, bot: Bot, args: Args) -> Json:
        texts = table(bot.profile)
        text = texts.get(args.text("language_code")) or texts.get("")
        return {result: text or default(bot)}

    return get_text


def _names(profile: Profile) -> dict[str, str]:
    return profile.names


def _descriptions(profile: Profile) -> dict[str, str]:
    return profile.descriptions


def _short_descriptions(profile: Profile) -> dict[str, str]:
    return profile.short_descriptions


def _own_name(bot: Bot) -> str:
    return str(bot.shown()["first_name"])


METHODS: dict[str, Callable[[World, Bot, Args], object]] = {
    "getme": get_me,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "deletemycommands": delete_my_commands,
    "setchatmenubutton": set_chat_menu_button,
    "getchatmenubutton": get_chat_menu_button,
    "setmyname": _setter("name", 64, _names),
    "getmyname": _getter("name", _names, _own_name),
    "setmydescription": _setter("description", 512, _descriptions),
    "getmydescription": _getter("description", _descriptions),
    "setmyshortdescription": _setter("short_description", 120, _short_descriptions),
    "getmyshortdescription": _getter("short_description", _short_descriptions),
}


def _scope(args: Args) -> tuple[str, str]:
    """Scope and language, as a key."""
    scope = args.parsed("scope", "scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), args.text("language_code")


def _command(given: object) -> Json:
    if not isinstance(given, dict):
        raise Refused("can't parse BotCommand: expected an Object")
    command = str(given.get("command", "")).lstrip("/")
    description = str(given.get("description", ""))
    refuse_if(not COMMAND.fullmatch(command), "BOT_COMMAND_INVALID")
    too_long = len(description) > LONGEST_DESCRIPTION_OF_A_COMMAND
    refuse_if(not description or too_long, "BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command, "description": description}


def _touch_all(world: World, bot: Bot) -> None:
    for chat in bot.chats.values():
        touch(world, chat)
