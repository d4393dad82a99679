"""L6: a pre-checkout is approved only if it fits."""

import time
from typing import Any

import psycopg
import pytest
from harness.constants import API, WEBHOOK_SECRET
from harness.live import Buyer, Shop, live_app
from harness.updates import checkout, message, new_id
from harness.waiting import eventually, together

TERMS = {
    "approved": {},
    "wrong_currency": {"currency": "USD"},
    "wrong_amount": {"total_amount": 49},
    "unknown_purchase": {"invoice_payload": "no-such"},
}


@pytest.mark.parametrize(("decision", "terms"), TERMS.items(), ids=TERMS.keys())
def test_l6_a_pre_checkout_is_approved_only_if_it_fits(
    shop: Shop, buyer: Buyer, decision: str, terms: Any
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = checkout(buyer.id, purchase_id, **terms)
    begun = time.monotonic()
    answer = shop.update(update).json()
    assert time.monotonic() - begun < 1
    assert (answer["method"], answer["pre_checkout_query_id"], answer["ok"]) == (
        "answerPreCheckoutQuery",
        update["pre_checkout_query"]["id"],
        decision == "approved",
    )
    assert ("error_message" in answer) == (decision != "approved")
    kept = "SELECT outcome FROM telegram_updates WHERE update_id = %s"
    assert shop.sql.execute(kept, [update["update_id"]]).fetchone() == (decision,)
    assert buyer.history(purchase_id) == ["purchase_invoice_created"]


def test_l6_a_link_that_went_round_is_paid_by_its_owner_once(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    stranger = shop.buyer(language="ru")
    declined = stranger.pay(link)
    assert (declined["status"], "другому человеку" in declined["reason"], stranger.stars()) == (
        "failed",
        True,
        10_000,
    )
    assert buyer.pay(link)["status"] == "paid"
    again = buyer.pay(link)
    assert (again["status"], "paid already" in again["reason"], buyer.stars()) == (
        "failed",
        True,
        9950,
    )
    assert shop.charges(purchase_id) == [("settled", False)]


def test_l6_what_was_marked_failed_is_not_paid_until_it_is_reopened(
    shop: Shop, buyer: Buyer
) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    shop.run("purchase", "fail", purchase_id)
    assert "start the purchase again" in buyer.pay(link)["reason"]
    assert buyer.link(purchase_id) == link
    assert buyer.pay(link)["status"] == "paid"
    assert buyer.history(purchase_id) == [
        "purchase_invoice_created",
        "purchase_failed",
        "purchase_invoice_reopened",
        "purchase_succeeded",
    ]


@pytest.mark.parametrize("field", ["id", "from", "currency", "total_amount", "invoice_payload"])
@pytest.mark.parametrize("value", [None, "50", 5.0, True, [], {}, -1, 2**63, 10**30, "\0", ...])
def test_l6_a_query_that_cannot_be_read_is_not_approved(
    shop: Shop, buyer: Buyer, field: str, value: Any
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = checkout(buyer.id, purchase_id)
    query = update["pre_checkout_query"]
    if value is ...:
        del query[field]
    else:
        query[field] = value
    answer = shop.update(update)
    if (field, value) == ("id", "50"):
        assert answer.json()["ok"] is True  # that is an id
    else:
        assert (answer.status_code, answer.json()["ok"]) == (200, False)


@pytest.mark.parametrize("language", ["en", "ru", "ru-RU", "de", None, 5])
def test_l6_without_the_database_it_is_declined_and_payments_come_again(
    url: str, language: Any
) -> None:
    app = live_app("postgresql://postgres@127.0.0.1:1/none", "http://127.0.0.1:1")
    secret = {"X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET}
    client = app.test_client()
    answer = client.post(
        f"{API}/webhook", json=checkout(42, "p1", language=language), headers=secret
    )
    assert (answer.status_code, answer.json["ok"]) == (200, False)
    assert ("попробуйте" in answer.json["error_message"]) == str(language).startswith("ru")
    later = client.post(f"{API}/webhook", json=message(42, "p1", "c1"), headers=secret)
    assert (later.status_code, later.json["error"]) == (503, "database_unavailable")
    app.extensions["stars"].db.close()


def test_l6_a_pre_checkout_waits_for_the_payment_that_is_being_settled(
    shop: Shop, buyer: Buyer
) -> None:
    """Otherwise the second one of a double click would be approved, charged, and have to go back."""
    purchase_id = new_id()
    buyer.link(purchase_id)
    hold = f"SELECT 1 FROM purchases WHERE purchase_id = '{purchase_id}' FOR UPDATE"
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with psycopg.connect(shop.url) as holder:
        holder.execute(hold.encode())

        def settle() -> None:
            eventually(lambda: shop.sql.execute(waiting).fetchone() == (2,))
            holder.rollback()

        paid, asked, _ = together(
            lambda: shop.update(message(buyer.id, purchase_id, f"c-{purchase_id}")),
            lambda: shop.update(checkout(buyer.id, purchase_id)),
            settle,
        )
    assert paid.status_code == 200
    assert asked.json()["ok"] in (True, False)  # whoever was first
    assert buyer.status(purchase_id) == "succeeded"
    assert shop.update(checkout(buyer.id, purchase_id)).json()["ok"] is False
