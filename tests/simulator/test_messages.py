"""sendMessage and its neighbours: what comes back, what the chat shows, and every refusal."""

from typing import Any

import pytest
from harness.simulator import PRICES, SWORD, Sim

HELLO = {"inline_keyboard": [[{"text": "Buy", "callback_data": "buy"}]]}


@pytest.fixture
def user(sim: Sim) -> int:
    sim.ask("getMe")
    return sim.user(first_name="Alice", last_name="Liddell", username="alice")


def refusal(sim: Sim, method: str, **args: Any) -> str:
    answer = sim.call(method, **args)
    assert not answer["ok"]
    assert answer["error_code"] == 400
    return str(answer["description"]).removeprefix("Bad Request: ")


def test_a_message_comes_back_in_telegrams_shape_and_stands_in_the_chat(
    sim: Sim, user: int
) -> None:
    message = sim.ask("sendMessage", chat_id=user, text="Hello, buy with /buy", reply_markup=HELLO)
    assert message.pop("date") > 0
    assert message == {
        "message_id": 1,
        "from": {
            "id": 123456,
            "is_bot": True,
            "first_name": "Bot 123456",
            "username": "simulated_123456_bot",
        },
        "chat": {
            "id": user,
            "first_name": "Alice",
            "last_name": "Liddell",
            "username": "alice",
            "type": "private",
        },
        "text": "Hello, buy with /buy",
        "entities": [{"type": "bot_command", "offset": 16, "length": 4}],
        "reply_markup": HELLO,
    }
    assert sim.chat(user)["messages"][0]["text"] == "Hello, buy with /buy"
    assert sim.journal("request", method="sendMessage")[0]["answer"]["result"]["message_id"] == 1


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n"}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({"text": "x", "chat_id": 99}, "chat not found"),
        ({"text": "x", "chat_id": "@channel"}, "chat not found"),
        ({"text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": "[]"}, "object expected as reply markup"),
        ({"text": "x", "reply_parameters": {"message_id": 9}}, "message to be replied not found"),
    ],
)
def test_a_message_that_telegram_refuses_is_refused(
    sim: Sim, user: int, args: dict[str, Any], why: str
) -> None:
    assert refusal(sim, "sendMessage", **{"chat_id": user} | args) == why
    assert sim.chat(user)["messages"] == []


@pytest.mark.parametrize(
    ("button", "why"),
    [
        ({"text": "A", "callback_data": "я" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "A"}, "Text buttons are unallowed in the inline keyboard"),
        ({"text": "A", "url": "javascript:alert(1)"}, "is invalid: Wrong HTTP URL"),
        ({"callback_data": "a"}, 'Field "text" must be of type String'),
        ("A", 'Field "text" must be of type String'),
    ],
)
def test_a_button_that_telegram_refuses_is_refused(
    sim: Sim, user: int, button: Any, why: str
) -> None:
    markup = {"inline_keyboard": [[button]]}
    refused = refusal(sim, "sendMessage", chat_id=user, text="x", reply_markup=markup)
    assert refused.endswith(why)
    rows = refusal(
        sim, "sendMessage", chat_id=user, text="x", reply_markup={"inline_keyboard": [1]}
    )
    assert rows.endswith("must be an Array of Arrays")


def test_a_reply_shows_what_it_replies_to(sim: Sim, user: int) -> None:
    first = sim.write(user, "How much?")
    reply = sim.ask(
        "sendMessage",
        chat_id=user,
        text="50 Stars",
        reply_parameters={"message_id": first["message_id"]},
        protect_content=True,
    )
    assert reply["reply_to_message"]["text"] == "How much?"
    assert reply["has_protected_content"] is True
    lonely = {"message_id": 99, "allow_sending_without_reply": True}
    sent = sim.ask("sendMessage", chat_id=user, text="x", reply_parameters=lonely)
    assert "reply_to_message" not in sent


def test_a_text_is_edited_once_and_its_keyboard_goes_unless_it_is_given_again(
    sim: Sim, user: int
) -> None:
    sent = sim.ask("sendMessage", chat_id=user, text="Choose", reply_markup=HELLO)
    where = {"chat_id": user, "message_id": sent["message_id"]}
    edited = sim.ask("editMessageText", **where, text="Thank you")
    assert (edited["text"], "reply_markup" in edited, edited["date"]) == (
        "Thank you",
        False,
        sent["date"],
    )
    assert edited["edit_date"] >= sent["date"]
    assert sim.texts(user) == ["Thank you"]
    again = refusal(sim, "editMessageText", **where, text="Thank you")
    assert again.startswith("message is not modified: specified new message content")
    marked = sim.ask("editMessageReplyMarkup", **where, reply_markup=HELLO)
    assert marked["reply_markup"] == HELLO
    assert marked["text"] == "Thank you"


def test_what_cannot_be_edited_is_refused(sim: Sim, user: int) -> None:
    theirs = sim.write(user, "Hello")["message_id"]
    invoice = sim.ask("sendInvoice", chat_id=user, **SWORD, prices=PRICES)["message_id"]
    edit = {"chat_id": user, "text": "x"}
    assert refusal(sim, "editMessageText", message_id=theirs, **edit) == "message can't be edited"
    assert refusal(sim, "editMessageText", message_id=99, **edit) == "message to edit not found"
    no_text = "there is no text in the message to edit"
    assert refusal(sim, "editMessageText", message_id=invoice, **edit) == no_text
    no_caption = refusal(sim, "editMessageCaption", message_id=invoice, chat_id=user, caption="x")
    assert no_caption == "there is no caption in the message to edit"
    assert sim.ask("editMessageText", inline_message_id="1", text="x") is True


def test_messages_are_deleted_one_or_several_at_a_time(sim: Sim, user: int) -> None:
    sent = [sim.ask("sendMessage", chat_id=user, text=text)["message_id"] for text in "abcd"]
    assert sim.ask("deleteMessage", chat_id=user, message_id=sent[0]) is True
    assert sim.texts(user) == ["b", "c", "d"]
    gone = refusal(sim, "deleteMessage", chat_id=user, message_id=sent[0])
    assert gone == "message to delete not found"
    assert sim.ask("deleteMessages", chat_id=user, message_ids=[sent[0], sent[1], sent[2]])
    assert sim.texts(user) == ["d"]
    nothing = refusal(sim, "deleteMessages", chat_id=user)
    assert nothing == "message identifiers are not specified"


def test_messages_are_forwarded_and_copied(sim: Sim, user: int) -> None:
    other = sim.user()
    said = sim.write(user, "A question")["message_id"]
    where = {"chat_id": other, "from_chat_id": user}
    forwarded = sim.ask("forwardMessage", **where, message_id=said)
    assert forwarded["text"] == "A question"
    assert forwarded["forward_origin"]["sender_user"]["id"] == user
    assert sim.ask("copyMessage", **where, message_id=said) == {"message_id": 2}
    assert sim.ask("forwardMessages", **where, message_ids=[said, 99]) == [{"message_id": 3}]
    assert sim.ask("copyMessages", **where, message_ids=[said]) == [{"message_id": 4}]
    assert sim.texts(other) == ["A question"] * 4
    lost = refusal(sim, "forwardMessage", **where, message_id=99)
    assert lost == "message to forward not found"
    none = refusal(sim, "copyMessages", **where, message_ids=[99])
    assert none == "there are no messages to send"
    invoice = sim.ask("sendInvoice", chat_id=user, **SWORD, prices=PRICES)["message_id"]
    assert refusal(sim, "copyMessage", **where, message_id=invoice) == "message can't be copied"


def test_an_action_is_shown_until_the_next_message_or_for_five_seconds(sim: Sim, user: int) -> None:
    assert sim.ask("sendChatAction", chat_id=user, action="typing") is True
    assert sim.chat(user)["action"] == "typing"
    sim.push(6)
    assert sim.chat(user)["action"] == ""
    sim.ask("sendChatAction", chat_id=user, action="upload_photo")
    sim.ask("sendMessage", chat_id=user, text="Here")
    assert sim.chat(user)["action"] == ""
    wrong = refusal(sim, "sendChatAction", chat_id=user, action="dancing")
    assert wrong == "wrong parameter action in request"


def test_a_keyboard_in_place_of_the_buyers_own_is_shown_until_it_is_removed(
    sim: Sim, user: int
) -> None:
    keyboard = {"keyboard": [[{"text": "Shop"}, "Help"]]}
    sent = sim.ask("sendMessage", chat_id=user, text="Hi", reply_markup=keyboard)
    assert "reply_markup" not in sent
    assert sim.chat(user)["keyboard"] == [["Shop", "Help"]]
    sim.ask("sendMessage", chat_id=user, text="Bye", reply_markup={"remove_keyboard": True})
    assert sim.chat(user)["keyboard"] == []


@pytest.mark.parametrize(
    ("method", "args", "name"),
    [
        ("sendDice", {}, "dice"),
        ("sendLocation", {"latitude": 52.5, "longitude": 13.4}, "location"),
        ("sendVenue", {"latitude": 1, "longitude": 2, "title": "A", "address": "B"}, "venue"),
        ("sendContact", {"phone_number": "1", "first_name": "A", "last_name": "B"}, "contact"),
        ("sendPoll", {"question": "Which?", "options": [{"text": "A"}, "B"]}, "poll"),
    ],
)
def test_other_things_are_sent_too(
    sim: Sim, user: int, method: str, args: dict[str, Any], name: str
) -> None:
    assert name in sim.ask(method, chat_id=user, **args)
    assert name in sim.chat(user)["messages"][0]


@pytest.mark.parametrize(
    ("method", "args", "why"),
    [
        ("sendDice", {"emoji": "x"}, "wrong dice emoji specified"),
        ("sendLocation", {"latitude": "north", "longitude": 1}, "can't parse location"),
        ("sendContact", {}, 'parameter "phone_number" is required'),
        ("sendPoll", {"question": "?"}, "poll must have at least 1 answer option"),
    ],
)
def test_other_things_are_refused_too(
    sim: Sim, user: int, method: str, args: dict[str, Any], why: str
) -> None:
    assert refusal(sim, method, chat_id=user, **args) == why
