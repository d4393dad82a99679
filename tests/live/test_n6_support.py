"""N6: /paysupport, /terms and /privacy are answered by us where no other bot of the shop's does."""

from typing import Any

import pytest
from harness.constants import LIVE
from harness.live import Buyer, Shop
from harness.types import MakeApp, Sql
from harness.updates import message, new_id, text_message
from harness.webhooked import BUYER, FORWARD_SECRET, ITEM, Webhooked

from stars.domain import fulfilment

CONTACT = "@shop_support"


@pytest.fixture
def service(make_app: MakeApp, sql: Sql) -> Webhooked:
    """A live service whose shop can be written to."""
    sql.execute(ITEM)
    return Webhooked(make_app(**LIVE, support_contact=CONTACT))


def question(text: str, number: int, *, language: str = "en", **chat: Any) -> dict[str, Any]:
    """A command that the buyer writes to the bot; `chat` changes where."""
    update = text_message(BUYER, text, number)
    update["message"]["from"]["language_code"] = language
    update["message"]["chat"] |= chat
    return update


def answered(service: Webhooked, text: str, number: int = 1, **more: Any) -> str:
    """What the buyer reads after a command; empty if nothing."""
    document = service.tell(question(text, number, **more)).json
    assert document is not None
    if document == {"status": "accepted"}:
        return ""
    assert (document["method"], document["chat_id"]) == ("sendMessage", BUYER)
    return str(document["text"])


def test_n6_paysupport_shows_the_latest_purchases_and_whom_to_write_to(service: Webhooked) -> None:
    for number in range(6):
        service.offer(f"p{number}")
    service.offer("of-another", buyer=BUYER + 1)
    service.tell(message(BUYER, "p4", "c4"))
    service.tell(message(BUYER, "p5", "c5"))
    service.tell(message(BUYER, "p5", "c5", kind="refunded_payment"))

    text = answered(service, "/paysupport")

    first, *lines, last = text.split("\n\n")
    assert first == "Your latest purchases:"
    assert [line.split("\n")[1] for line in lines] == ["p5", "p4", "p3", "p2", "p1"]
    assert "Golden sword, 50 Stars: Stars returned" in lines[0]
    assert "Golden sword, 50 Stars: paid" in lines[1]
    assert "Golden sword, 50 Stars: not paid" in lines[2]
    assert CONTACT in last


def test_n6_paysupport_tells_what_was_handed_out(service: Webhooked) -> None:
    service.offer("p1")
    service.tell(message(BUYER, "p1", "c1"))
    fulfilment.fulfil(
        service.here.db, purchase_id="p1", mode="live", reference="r1", request_id="r"
    )

    assert "Golden sword, 50 Stars: paid and handed out\np1" in answered(service, "/paysupport")


def test_n6_paysupport_speaks_russian(service: Webhooked) -> None:
    service.offer("p1")

    text = answered(service, "/paysupport", language="ru-RU")

    assert text.startswith("Ваши последние покупки:")
    assert "Golden sword, звёзд: 50, не оплачено" in text


def test_n6_who_has_bought_nothing_is_told_so(service: Webhooked) -> None:
    assert answered(service, "/paysupport").startswith("You have bought nothing here yet.")


def test_n6_without_a_contact_the_shop_is_named(make_app: MakeApp) -> None:
    service = Webhooked(make_app(**LIVE))

    assert answered(service, "/paysupport", 1).endswith("Write to the shop, and name the purchase.")
    assert "write to the shop" in answered(service, "/privacy", 2)


def test_n6_terms_and_privacy_are_said_in_short(service: Webhooked) -> None:
    assert "for Telegram Stars" in answered(service, "/terms", 1)
    privacy = answered(service, "/privacy", 2)
    assert "for 90 days" in privacy
    assert CONTACT in privacy
    assert "звёзды Telegram" in answered(service, "/terms", 3, language="ru")
    assert "90 дней" in answered(service, "/privacy", 4, language="ru")


def test_n6_terms_and_privacy_of_the_shops_own_are_named(make_app: MakeApp) -> None:
    pages = {
        "terms_url": "https://shop.example/terms",
        "privacy_url": "https://shop.example/privacy",
    }
    service = Webhooked(make_app(**LIVE, **pages))

    assert answered(service, "/terms", 1) == "Terms: https://shop.example/terms"
    assert answered(service, "/privacy", 2) == "Privacy: https://shop.example/privacy"


@pytest.mark.parametrize("text", ["/paysupport@the_bot", "/paysupport p1", "/paysupport\nhelp"])
def test_n6_a_command_may_name_the_bot_or_say_more(service: Webhooked, text: str) -> None:
    assert answered(service, text) != ""


@pytest.mark.parametrize(
    "text", ["paysupport", "/paysupports", "/start", "/pay", " /paysupport", "/Terms", "", "/"]
)
def test_n6_other_words_are_not_ours_to_answer(service: Webhooked, text: str) -> None:
    assert answered(service, text) == ""


def test_n6_in_a_group_nobody_is_told_what_somebody_bought(service: Webhooked) -> None:
    service.offer("p1")

    assert answered(service, "/paysupport", type="supergroup", id=-100) == ""


def test_n6_a_question_that_comes_twice_is_answered_once(service: Webhooked) -> None:
    assert answered(service, "/terms", 1) != ""
    assert answered(service, "/terms", 1) == ""


BROKEN: list[dict[str, Any]] = [
    {"message": {"text": "/terms", "chat": {"type": "private"}}},
    {"message": {"text": "/terms", "chat": 5, "from": {"id": 5}}},
    {"message": {"text": "/terms", "chat": {"type": "private"}, "from": {"id": "5"}}},
    {"message": {"text": ["/terms"], "chat": {"type": "private"}, "from": {"id": 5}}},
    {"edited_message": {"text": "/terms", "chat": {"type": "private"}, "from": {"id": 5}}},
]


@pytest.mark.parametrize("told", BROKEN, ids=range(len(BROKEN)))
def test_n6_a_broken_question_does_no_harm(service: Webhooked, told: dict[str, Any]) -> None:
    answer = service.tell({"update_id": 1, **told})
    assert answer.json == {"status": "accepted"}


def test_n6_where_the_shop_has_a_bot_that_answers(make_app: MakeApp) -> None:
    ways = {
        "forward_updates_url": "https://shop.example/bot",
        "forward_updates_secret": FORWARD_SECRET,
    }
    service = Webhooked(make_app(**LIVE, **ways))

    assert answered(service, "/paysupport") == ""
    assert service.waiting() == 1


def test_n6_a_buyer_who_writes_paysupport_reads_the_answer(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.pay(buyer.link(purchase_id))

    shop.sim.write(buyer.id, "/paysupport")

    said = shop.sim.texts(buyer.id)[-1]
    assert "Golden sword, 50 Stars: paid" in said
    assert purchase_id in said
