"""Messages with files: uploaded, sent again by their ids, at an address, and downloaded."""

import json
from typing import Any

import pytest
import requests
from harness.simulator import TOKEN, Sim

PNG = b"\x89PNG\r\n\x1a\n0000"


def upload(sim: Sim, method: str, files: dict[str, Any], **args: Any) -> Any:
    """Call a method with files, as libraries for bots do."""
    address = f"{sim.address}/bot{TOKEN}/{method}"
    answer = requests.post(address, data=args, files=files, timeout=10).json()
    assert answer["ok"], answer
    return answer["result"]


def download(sim: Sim, file_id: str, token: str = TOKEN) -> requests.Response:
    path = sim.ask("getFile", file_id=file_id)["file_path"]
    return requests.get(f"{sim.address}/file/bot{token}/{path}", timeout=10)


def largest(message: Any, kind: str) -> Any:
    return message[kind][-1] if kind == "photo" else message[kind]


@pytest.mark.parametrize(
    "kind",
    ["photo", "document", "video", "animation", "audio", "voice", "video_note", "sticker"],
)
def test_a_file_is_sent_by_upload_by_its_id_and_by_its_address(sim: Sim, kind: str) -> None:
    user, method = sim.user(), f"send{kind.replace('_', '')}"
    file = {kind: ("a.png", PNG, "image/png")}
    first = upload(sim, method, file, chat_id=user, caption="<b>Here</b>", parse_mode="HTML")
    assert (first["caption"], first["caption_entities"][0]["type"]) == ("Here", "bold")
    sent = largest(first, kind)
    assert sent["file_size"] == len(PNG)
    again = sim.ask(method, chat_id=user, **{kind: sent["file_id"]})
    assert largest(again, kind)["file_unique_id"] == sent["file_unique_id"]
    attached = {"part": ("a.png", PNG, "image/png")}
    other = upload(sim, method, attached, chat_id=user, **{kind: "attach://part"})
    assert largest(other, kind)["file_id"] != sent["file_id"]
    elsewhere = sim.ask(method, chat_id=user, **{kind: "https://example.com/a.png"})
    assert largest(elsewhere, kind)["file_id"]
    assert download(sim, sent["file_id"]).content == PNG


def test_a_file_that_is_missing_or_unknown_is_refused(sim: Sim) -> None:
    user = sim.user()
    said = [
        sim.call("sendPhoto", chat_id=user)["description"],
        sim.call("sendPhoto", chat_id=user, photo="nonsense")["description"],
        sim.call("getFile", file_id="nonsense")["description"],
        sim.call("sendPhoto", chat_id=user, photo="https://a.bc/d", caption="x" * 1025)[
            "description"
        ],
    ]
    assert said == [
        "Bad Request: there is no photo in the request",
        "Bad Request: wrong file identifier/HTTP URL specified",
        "Bad Request: wrong file_id or the file is temporarily unavailable",
        "Bad Request: message caption is too long",
    ]


def test_an_album_belongs_together_and_a_file_of_it_is_replaced(sim: Sim) -> None:
    user = sim.user()
    media = [
        {"type": "photo", "media": "attach://one", "caption": "One"},
        {"type": "document", "media": "https://example.com/two.pdf"},
    ]
    one = {"one": ("one.png", PNG, "image/png")}
    album = upload(sim, "sendMediaGroup", one, chat_id=user, media=json.dumps(media))
    assert len({message["media_group_id"] for message in album}) == 1
    assert [message.get("caption") for message in album] == ["One", None]
    edited = sim.ask(
        "editMessageMedia",
        chat_id=user,
        message_id=album[0]["message_id"],
        media={"type": "video", "media": "https://example.com/a.mp4"},
    )
    assert "video" in edited
    assert "photo" not in edited
    captioned = sim.ask(
        "editMessageCaption", chat_id=user, message_id=edited["message_id"], caption="New"
    )
    assert captioned["caption"] == "New"
    for wrong in ([], [{"type": "joke"}], "x"):
        assert not sim.call("sendMediaGroup", chat_id=user, media=wrong)["ok"]


def test_only_a_known_bot_downloads_and_a_page_that_was_sent_cannot_run(sim: Sim) -> None:
    page = {"document": ("a.html", b"<script>1</script>", "text/html")}
    file_id = upload(sim, "sendDocument", page, chat_id=sim.user())["document"]["file_id"]
    answer = download(sim, file_id)
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert download(sim, file_id, token=TOKEN[:-1] + "X").status_code == 401
    missing = requests.get(f"{sim.address}/file/bot{TOKEN}/photos/none.jpg", timeout=10)
    assert missing.status_code == 404


def test_a_file_elsewhere_is_led_to(sim: Sim) -> None:
    address = "https://example.com/a.png"
    sent = sim.ask("sendPhoto", chat_id=sim.user(), photo=address)["photo"][0]
    path = sim.ask("getFile", file_id=sent["file_id"])["file_path"]
    answer = requests.get(
        f"{sim.address}/file/bot{TOKEN}/{path}", timeout=10, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
