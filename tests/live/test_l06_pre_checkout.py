"""L6: a pre-checkout is approved only if it fits, and declined in the buyer's language."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from harness.constants import API, WEBHOOK_SECRET
from harness.live import SECRET_HEADER, Buyer, Shop, live_app
from harness.updates import LEFT_OUT, checkout, message, new_id, shown
from harness.waiting import blocked, eventually, together

NOWHERE = "127.0.0.1:1"
OUTCOME_OF = "SELECT outcome FROM telegram_updates WHERE update_id = %s"
MISFITS = {
    "wrong_currency": {"currency": "USD"},
    "wrong_amount": {"total_amount": 49},
    "unknown_purchase": {"invoice_payload": "no-such"},
}


def outcome_of(shop: Shop, update: dict[str, Any]) -> str:
    """What is noted beside an update that was kept."""
    row = shop.sql.execute(OUTCOME_OF, [update["update_id"]]).fetchone()
    assert row is not None
    return str(row[0])


def test_l6_a_pre_checkout_that_fits_is_approved_in_the_answer(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = checkout(buyer.id, purchase_id)

    assert shop.update(update).json() == {
        "method": "answerPreCheckoutQuery",
        "pre_checkout_query_id": update["pre_checkout_query"]["id"],
        "ok": True,
    }
    assert outcome_of(shop, update) == "approved"
    assert buyer.history(purchase_id) == ["purchase_invoice_created"]


@pytest.mark.parametrize(("outcome", "terms"), MISFITS.items(), ids=MISFITS.keys())
def test_l6_a_pre_checkout_is_approved_only_if_it_fits(
    shop: Shop, buyer: Buyer, outcome: str, terms: dict[str, Any]
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = checkout(buyer.id, purchase_id, **terms)
    answer = shop.update(update).json()

    assert answer["method"] == "answerPreCheckoutQuery"
    assert answer["pre_checkout_query_id"] == update["pre_checkout_query"]["id"]
    assert answer["ok"] is False
    assert answer["error_message"] != ""
    assert outcome_of(shop, update) == outcome
    assert buyer.history(purchase_id) == ["purchase_invoice_created"]


def test_l6_a_link_that_went_round_is_paid_by_its_owner_alone(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    stranger = shop.buyer(language="ru")
    declined = stranger.pay(link)

    assert declined["status"] == "failed"
    assert "другому человеку" in declined["reason"]
    assert stranger.stars() == 10_000
    assert buyer.pay(link)["status"] == "paid"


def test_l6_a_link_is_paid_once(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id)
    buyer.pay(link)
    again = buyer.pay(link)

    assert again["status"] == "failed"
    assert "paid already" in again["reason"]
    assert buyer.stars() == 10_000 - 50
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
@pytest.mark.parametrize(
    "value", [None, 5.0, True, [], {}, -1, 2**63, 10**30, "\0", LEFT_OUT], ids=shown
)
def test_l6_a_query_that_cannot_be_read_is_not_approved(
    shop: Shop, buyer: Buyer, field: str, value: Any
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)
    update = checkout(buyer.id, purchase_id)
    query = update["pre_checkout_query"]
    query[field] = value
    if value is LEFT_OUT:
        del query[field]

    answer = shop.update(update)
    assert answer.status_code == 200
    assert answer.json()["ok"] is False


@pytest.mark.parametrize("field", ["from", "currency", "total_amount", "invoice_payload"])
def test_l6_a_number_spelled_as_text_is_not_approved(shop: Shop, buyer: Buyer, field: str) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id)

    answer = shop.update(checkout(buyer.id, purchase_id, **{field: "50"}))
    assert answer.json()["ok"] is False


@pytest.fixture
def without_database() -> Iterator[FlaskClient]:
    """A client of the service in live mode whose database cannot be reached."""
    app = live_app(f"postgresql://postgres@{NOWHERE}/none", f"http://{NOWHERE}")
    yield app.test_client()
    app.extensions["stars"].db.close()


@pytest.mark.parametrize("language", ["en", "ru", "ru-RU", "de", None, 5])
def test_l6_without_the_database_it_is_declined(
    without_database: FlaskClient, language: Any
) -> None:
    answer = without_database.post(
        f"{API}/webhook",
        json=checkout(42, "p1", language=language),
        headers={SECRET_HEADER: WEBHOOK_SECRET},
    )

    assert answer.status_code == 200
    assert answer.json["ok"] is False
    in_russian = "попробуйте" in answer.json["error_message"]
    assert in_russian == str(language).startswith("ru")


def test_l6_without_the_database_payments_come_again(without_database: FlaskClient) -> None:
    answer = without_database.post(
        f"{API}/webhook",
        json=message(42, "p1", "c1"),
        headers={SECRET_HEADER: WEBHOOK_SECRET},
    )

    assert answer.status_code == 503
    assert answer.json["error"] == "database_unavailable"


def test_l6_a_pre_checkout_waits_for_the_payment_that_is_being_settled(
    shop: Shop, buyer: Buyer
) -> None:
    """Otherwise the second one of a double click would be charged, and have to go back."""
    purchase_id = new_id()
    buyer.link(purchase_id)
    payment = message(buyer.id, purchase_id, f"c-{purchase_id}")
    hold = f"SELECT 1 FROM purchases WHERE purchase_id = '{purchase_id}' FOR UPDATE"
    with psycopg.connect(shop.url) as holder:
        holder.execute(hold.encode())

        def release() -> None:
            eventually(lambda: blocked(shop.sql) == 2)
            holder.rollback()

        paid, asked, _ = together(
            lambda: shop.update(payment),
            lambda: shop.update(checkout(buyer.id, purchase_id)),
            release,
        )

    assert paid.status_code == 200
    assert asked.json()["ok"] in (True, False)  # whoever was first
    assert buyer.status(purchase_id) == "succeeded"
    assert shop.update(checkout(buyer.id, purchase_id)).json()["ok"] is False
