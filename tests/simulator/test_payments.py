"""A payment: the pre-checkout, the answer to it, and what the bot is told."""

import threading
import time
from typing import Any

import requests
from harness.simulator import TOO_LATE, Hook, Sim, approve


def test_a_payment_is_asked_then_told_in_telegrams_shapes(shop: Sim, hook: Hook) -> None:
    user = shop.user(120, id=2**52 - 1, first_name="Алиса", language_code="ru", username="alice")
    paid = shop.pay(shop.link(), user)

    asked, told = hook.came
    person = {
        "id": 2**52 - 1,
        "is_bot": False,
        "first_name": "Алиса",
        "username": "alice",
        "language_code": "ru",
    }
    query, message = asked["pre_checkout_query"], told["message"]
    terms = {"currency": "XTR", "total_amount": 50, "invoice_payload": "order-1"}
    assert query == {"id": paid["checkout"], "from": person, **terms}
    assert message["successful_payment"].pop("provider_payment_charge_id").startswith(f"{user}_")
    assert message["successful_payment"] == {**terms, "telegram_payment_charge_id": paid["charge"]}
    assert message["from"] == person
    assert message["chat"] == {
        "id": 2**52 - 1,
        "first_name": "Алиса",
        "username": "alice",
        "type": "private",
    }
    assert abs(message["date"] - time.time()) < 60
    assert told["update_id"] == asked["update_id"] + 1
    assert len(paid["charge"]) > 128
    assert paid["status"] == "paid"
    assert (shop.stars(user), shop.balance()) == (70, 50)


def test_a_link_can_be_paid_again_and_by_others(shop: Sim) -> None:
    link, alice, bob = shop.link(), shop.user(), shop.user()
    charges = {shop.pay(link, who)["charge"] for who in (alice, alice, bob)}
    assert len(charges) == 3
    assert (shop.stars(alice), shop.stars(bob), shop.balance()) == (900, 950, 150)


def test_a_declined_buyer_reads_why_and_keeps_the_stars(shop: Sim, hook: Hook) -> None:
    def decline(update: dict[str, Any]) -> Any:
        _, _, yes = approve(update)
        return 200, {}, yes | {"ok": False, "error_message": "Sold"}

    hook.handler, user = decline, shop.user()
    outcome = shop.pay(shop.link(), user)
    assert (outcome["status"], outcome["reason"], shop.stars(user)) == ("failed", "Sold", 1000)
    assert hook.kinds() == ["pre_checkout_query"]
    assert len(shop.journal("declined")) == 1


def test_too_few_stars_are_refused_before_the_bot_is_asked(shop: Sim, hook: Hook) -> None:
    assert shop.pay(shop.link(), shop.user(49))["reason"] == "BALANCE_TOO_LOW"
    assert hook.came == []


def test_two_checkouts_at_once_cannot_spend_the_same_stars(shop: Sim, hook: Hook) -> None:
    link, user = shop.link(), shop.user(50)
    hook.handler = lambda update: (200, {}, {})
    first, second = (shop.act("pay", link=link, user=user, wait=0)["checkout"] for _ in range(2))
    for query in (first, second):
        assert shop.ask("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True) is True
    assert [one["status"] for one in shop.look("checkouts")] == ["paid", "failed"]
    assert shop.balance() == 50


def test_cancelling_asks_the_bot_nothing(shop: Sim, hook: Hook) -> None:
    assert shop.act("cancel", link=shop.link(), user=shop.user())["status"] == "cancelled"
    assert hook.came == []
    assert len(shop.journal("cancelled")) == 1


def test_the_bot_has_ten_seconds_and_a_late_answer_is_refused(shop: Sim, hook: Hook) -> None:
    hook.handler, user = (lambda update: (200, {}, {})), shop.user()
    query = shop.act("pay", link=shop.link(), user=user, wait=0)["checkout"]
    shop.quiet()
    shop.push(9)
    assert shop.look("checkouts")[0]["status"] == "pending"
    shop.push(1)
    assert shop.look("checkouts")[0]["reason"] == "BOT_PRECHECKOUT_TIMEOUT"
    assert (
        shop.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)["description"]
        == TOO_LATE
    )
    assert (shop.stars(user), shop.balance()) == (1000, 0)


def test_a_pre_checkout_is_answered_once_and_by_its_own_bot(shop: Sim, hook: Hook) -> None:
    hook.handler = lambda update: (200, {}, {})
    query = shop.act("pay", link=shop.link(), user=shop.user(), wait=0)["checkout"]
    stranger = Sim(shop.address, "777:" + "x" * 35)
    assert (
        stranger.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)["description"]
        == TOO_LATE
    )
    no_reason = shop.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=False)
    assert no_reason["description"] == 'Bad Request: parameter "error_message" is required'
    assert shop.ask("answerPreCheckoutQuery", pre_checkout_query_id=query, ok="True") is True
    assert (
        shop.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=True)["description"]
        == TOO_LATE
    )
    assert shop.balance() == 50
    stranger.session.close()


def test_paying_waits_for_the_outcome(sim: Sim) -> None:
    link, user = sim.link(), sim.user()
    outcome: list[Any] = []
    payer = threading.Thread(
        target=lambda: outcome.append(
            requests.post(
                f"{sim.address}/sim/pay", json={"link": link, "user": user}, timeout=30
            ).json()
        )
    )
    payer.start()
    update = sim.ask("getUpdates", timeout=10)[0]
    assert outcome == []
    sim.ask(
        "answerPreCheckoutQuery", pre_checkout_query_id=update["pre_checkout_query"]["id"], ok=True
    )
    payer.join(10)
    assert outcome[0]["status"] == "paid"
