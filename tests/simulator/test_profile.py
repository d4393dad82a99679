"""What a bot tells of itself: names, descriptions, commands, menu buttons; and of its chats."""

import pytest
from harness.simulator import Sim
from harness.types import Command

START = [{"command": "start", "description": "Begin"}]
HELP = [{"command": "help", "description": "Help"}]
RUSSIAN = [{"command": "start", "description": "Начать"}]


def test_commands_are_kept_by_scope_and_language(sim: Sim) -> None:
    user = sim.user()
    chat = {"type": "chat", "chat_id": user}
    assert sim.ask("setMyCommands", commands=START) is True
    assert sim.ask("setMyCommands", commands=RUSSIAN, language_code="ru") is True
    assert sim.ask("setMyCommands", commands=HELP, scope=chat) is True
    assert sim.ask("getMyCommands") == START
    assert sim.ask("getMyCommands", scope={"type": "default"}, language_code="ru") == RUSSIAN
    assert sim.ask("getMyCommands", scope={"chat_id": user, "type": "chat"}) == HELP
    assert sim.ask("getMyCommands", language_code="de") == []
    assert sim.ask("deleteMyCommands", scope=chat) is True
    assert sim.ask("getMyCommands", scope=chat) == []


def test_a_buyer_sees_the_narrowest_commands_in_their_own_language(sim: Sim) -> None:
    sim.ask("setMyCommands", commands=START)
    sim.ask("setMyCommands", commands=RUSSIAN, language_code="ru")
    alice, boris = sim.user(), sim.user(language_code="ru")
    assert sim.chat(alice)["commands"] == START
    assert sim.chat(boris)["commands"] == RUSSIAN
    sim.ask("setMyCommands", commands=HELP, scope={"type": "all_private_chats"})
    assert sim.chat(boris)["commands"] == HELP


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ({"command": "Start", "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "a" * 33, "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "start"}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"command": "start", "description": "x" * 257}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ("start", "can't parse BotCommand: expected an Object"),
    ],
)
def test_a_command_that_telegram_refuses_is_refused(sim: Sim, command: Command, why: str) -> None:
    answer = sim.call("setMyCommands", commands=[command])
    assert answer["description"] == f"Bad Request: {why}"
    assert sim.ask("getMyCommands") == []


@pytest.mark.parametrize(
    ("name", "result", "longest"),
    [
        ("Name", "name", 64),
        ("Description", "description", 512),
        ("ShortDescription", "short_description", 120),
    ],
)
def test_texts_are_kept_by_language(sim: Sim, name: str, result: str, longest: int) -> None:
    assert sim.ask(f"setMy{name}", **{result: "Sword shop"}) is True
    assert sim.ask(f"setMy{name}", **{result: "Лавка"}, language_code="ru") is True
    assert sim.ask(f"getMy{name}") == {result: "Sword shop"}
    assert sim.ask(f"getMy{name}", language_code="ru") == {result: "Лавка"}
    assert sim.ask(f"getMy{name}", language_code="de") == {result: "Sword shop"}
    assert "too long" in sim.call(f"setMy{name}", **{result: "x" * (longest + 1)})["description"]


def test_the_name_is_shown_wherever_the_bot_is(sim: Sim) -> None:
    assert sim.ask("getMyName")["name"] == sim.ask("getMe")["first_name"] == "Bot 123456"
    sim.ask("setMyName", name="Sword shop")
    assert sim.ask("getMe")["first_name"] == "Sword shop"
    user = sim.user()
    assert sim.ask("sendMessage", chat_id=user, text="x")["from"]["first_name"] == "Sword shop"
    assert sim.chat(user)["bot"]["first_name"] == "Sword shop"


def test_a_menu_button_is_set_for_one_chat_or_all(sim: Sim) -> None:
    user, other = sim.user(), sim.user()
    shop = {"type": "web_app", "text": "Shop", "web_app": {"url": "https://a.bc"}}
    assert sim.ask("getChatMenuButton") == {"type": "default"}
    assert sim.ask("setChatMenuButton", chat_id=user, menu_button=shop) is True
    assert sim.ask("getChatMenuButton", chat_id=user) == shop
    assert sim.ask("getChatMenuButton", chat_id=other) == {"type": "default"}
    assert sim.ask("setChatMenuButton", menu_button={"type": "commands"}) is True
    assert sim.chat(other)["menu_button"] == {"type": "commands"}
    assert not sim.call("setChatMenuButton", menu_button={"type": "pizza"})["ok"]


def test_a_chat_is_described(sim: Sim) -> None:
    user = sim.user(first_name="Alice", last_name="Liddell")
    chat = sim.ask("getChat", chat_id=user)
    assert (chat["type"], chat["last_name"], "accent_color_id" in chat) == (
        "private",
        "Liddell",
        True,
    )
    member = sim.ask("getChatMember", chat_id=user, user_id=user)
    assert (member["status"], member["user"]["id"]) == ("member", user)
    assert sim.ask("getChatMember", chat_id=user, user_id=123456)["user"]["is_bot"] is True
    assert sim.ask("getChatMemberCount", chat_id=user) == 2
    refusals = [
        sim.call("getChat", chat_id=-100)["description"],
        sim.call("getChatMember", chat_id=user, user_id=5)["description"],
        sim.call("getChatAdministrators", chat_id=user)["description"],
    ]
    assert refusals == [
        "Bad Request: chat not found",
        "Bad Request: PARTICIPANT_ID_INVALID",
        "Bad Request: there are no administrators in the private chat",
    ]


def test_a_bot_may_say_that_it_moves(sim: Sim) -> None:
    assert sim.ask("close") is True
    assert sim.ask("logOut") is True
    assert sim.ask("getMe")["can_join_groups"] is True
