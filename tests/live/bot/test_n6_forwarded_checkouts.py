"""N6: a checkout that is not ours is the shop's own bot's to answer, at once."""

from harness.constants import LIVE
from harness.receiver import Receiver
from harness.types import Logged, MakeApp, Sql
from harness.updates import checkout
from harness.webhooked import BUYER, FORWARD_SECRET, Webhooked

from stars.live.payments import LivePayments

HEADER = "x-telegram-bot-api-secret-token"


def test_n6_a_checkout_that_is_not_ours_is_the_bots_to_answer(
    shop: Webhooked, bot: Receiver
) -> None:
    """At once, without a worker, and with the bot's own answer as it came."""
    theirs = b'{"method": "answerPreCheckoutQuery", "pre_checkout_query_id": "q", "ok": true}'
    bot.answer = lambda _told: (200, {"Content-Type": "application/json; x=1"}, theirs)
    update = checkout(BUYER, "of-another-shop")

    answer = shop.tell(update)

    assert answer.data == theirs
    assert answer.content_type == "application/json; x=1"
    assert [told.document for told in bot.told] == [update]
    assert bot.told[0].headers[HEADER] == FORWARD_SECRET
    assert shop.waiting() == 0


def test_n6_a_bot_that_answers_a_checkout_by_a_call_of_its_own_is_left_to_it(
    shop: Webhooked, bot: Receiver
) -> None:
    assert shop.tell(checkout(BUYER, "of-another-shop")).json == {"status": "accepted"}
    assert len(bot.told) == 1


def test_n6_a_checkout_that_the_bot_does_not_take_is_declined_in_words(
    shop: Webhooked, bot: Receiver, logged: Logged
) -> None:
    bot.answer = lambda _told: (500, {}, b"")

    answer = shop.tell(checkout(BUYER, "of-another-shop", language="ru")).json

    assert answer is not None
    assert answer["ok"] is False
    assert answer["error_message"].startswith("Магазин не смог подтвердить покупку")
    assert logged("pre_checkout_not_forwarded")


def test_n6_nothing_is_passed_on_into_our_own_network(
    make_app: MakeApp, bot: Receiver, sql: Sql
) -> None:
    ways = {"forward_updates_url": bot.url, "forward_updates_secret": FORWARD_SECRET}
    shop = Webhooked(make_app(**LIVE | ways, app_env="staging"))

    answer = shop.tell(checkout(BUYER, "of-another-shop")).json
    payments = shop.here.payments
    assert isinstance(payments, LivePayments)
    assert payments.shop_bot is not None
    outcome = payments.shop_bot.tell("{}")

    assert answer is not None
    assert answer["ok"] is False
    assert "public internet" in (outcome.error or "")
    assert bot.told == []
