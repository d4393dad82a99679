"""A double click costs nothing: of two checkouts of one purchase one is approved at a time."""

import pytest
from harness.live import Buyer, Shop
from harness.updates import checkout, message, new_id
from harness.waiting import race

AGE = """
    UPDATE purchases SET checkout_reserved_at = checkout_reserved_at - interval '61 seconds'
    WHERE purchase_id = %s
"""


def test_of_two_checkouts_at_once_one_is_approved(shop: Shop, buyer: Buyer) -> None:
    """Both wait for the purchase, so that each judges while the other is not done."""
    purchase_id = new_id()
    buyer.link(purchase_id)
    queries = [checkout(buyer.id, purchase_id) for _ in range(4)]
    acts = [lambda query=query: shop.update(query) for query in queries]
    hold = f"SELECT 1 FROM purchases WHERE purchase_id = '{purchase_id}' FOR UPDATE"

    answers = race(shop.url, hold, *acts)

    reasons = [answer.json().get("error_message", "") for answer in answers]
    assert [answer.json()["ok"] for answer in answers].count(True) == 1
    assert sum("is being paid already" in reason for reason in reasons) == 3


@pytest.mark.parametrize(
    ("language", "reason"), [("en", "is being paid already"), ("ru", "уже оплачивается")]
)
def test_the_second_is_declined_in_the_buyers_words(shop: Shop, language: str, reason: str) -> None:
    buyer = shop.buyer(language=language)
    purchase_id = new_id()
    buyer.link(purchase_id)
    shop.update(checkout(buyer.id, purchase_id))

    second = shop.update(checkout(buyer.id, purchase_id, language=language)).json()

    assert second["ok"] is False
    assert reason in second["error_message"]


def test_the_same_query_asked_again_is_approved_again(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    query = checkout(buyer.id, purchase_id)

    answers = [shop.update(query).json() for _ in range(3)]

    assert [answer["ok"] for answer in answers] == [True, True, True]


def test_what_is_declined_reserves_nothing(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    assert shop.update(checkout(buyer.id, purchase_id, total_amount=49)).json()["ok"] is False
    assert shop.update(checkout(shop.buyer().id, purchase_id)).json()["ok"] is False

    assert shop.update(checkout(buyer.id, purchase_id)).json()["ok"] is True


def test_once_nothing_can_be_charged_any_more_the_next_is_approved(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    shop.update(checkout(buyer.id, purchase_id))
    assert shop.update(checkout(buyer.id, purchase_id)).json()["ok"] is False

    shop.sql.execute(AGE, [purchase_id])

    assert shop.update(checkout(buyer.id, purchase_id)).json()["ok"] is True


def test_a_payment_ends_the_reservation(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    shop.update(checkout(buyer.id, purchase_id))
    shop.update(message(buyer.id, purchase_id, f"c-{purchase_id}"))

    second = shop.update(checkout(buyer.id, purchase_id)).json()

    assert "is paid already" in second["error_message"]


def test_a_failure_ends_the_reservation(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    shop.update(checkout(buyer.id, purchase_id))
    shop.run("purchase", "fail", purchase_id)
    assert buyer.link(purchase_id) == link

    assert buyer.pay(link)["status"] == "paid"
    assert buyer.history(purchase_id) == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_invoice_reopened",
        "purchase_succeeded",
    ]


def test_two_clicks_in_telegram_are_charged_once(shop: Shop, buyer: Buyer) -> None:
    """The first payment is approved, and the news of its charge is late."""
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    shop.sim.fault("delay", seconds=5, match={"update": "successful_payment", "user": buyer.id})
    shop.sim.act("pay", link=link, user=buyer.id, wait=0)

    second = shop.sim.act("pay", link=link, user=buyer.id, wait=20)

    assert "is being paid already" in second["reason"]
    shop.sim.push(10)
    assert buyer.status(purchase_id) == "succeeded"
    assert shop.charges(purchase_id) == [("settled", False)]
    assert buyer.stars() == 9950
