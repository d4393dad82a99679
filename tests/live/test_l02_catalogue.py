"""L2: item, price and type are those of the catalogue, in the mock too once it is filled."""

from typing import Any

import pytest
from harness.constants import SWORD
from harness.live import ITEMS, Buyer, Shop
from harness.people import Person
from harness.types import Sql
from harness.updates import new_id

from stars.domain import items

SEASONAL = {
    "item_id": "seasonal",
    "title": "Seasonal",
    "description": "For now",
    "price_stars": 5,
    "purchase_type": "unknown",
}
WANTED = {"item_id": "seasonal", "price_stars": 5, "purchase_type": "unknown"}
INSERT_SWORD = """
    INSERT INTO items
    VALUES ('golden-sword', 'Sword', 'Sharp', 50, 'cosmetic', NULL, true)
"""


@pytest.mark.parametrize("item_id", ["no-such-item", "old-hat"])
def test_l2_what_is_not_for_sale_is_not_invoiced(buyer: Buyer, item_id: str) -> None:
    purchase_id = new_id()
    refused = buyer.invoice(purchase_id, item_id=item_id, price_stars=5)

    assert refused.status_code == 422
    assert refused.json()["error"] == "item_not_for_sale"
    assert buyer.get(purchase_id).status_code == 404


@pytest.mark.parametrize(
    ("fields", "mismatched"),
    [
        ({"price_stars": 1}, ["price_stars"]),
        ({"purchase_type": "boost"}, ["purchase_type"]),
        ({"price_stars": 1, "purchase_type": "boost"}, ["price_stars", "purchase_type"]),
    ],
)
def test_l2_item_price_and_type_are_those_of_the_catalogue(
    buyer: Buyer, fields: dict[str, Any], mismatched: list[str]
) -> None:
    purchase_id = new_id()
    refused = buyer.invoice(purchase_id, **fields)

    assert refused.status_code == 409
    assert refused.json()["mismatched"] == mismatched
    assert buyer.get(purchase_id).status_code == 404


def test_l2_a_type_that_is_left_out_is_the_catalogues(buyer: Buyer) -> None:
    purchase_id = new_id()
    body = {"purchase_id": purchase_id, "item_id": "treasure", "price_stars": 2500}

    assert buyer.call("POST", "/invoice", body).status_code == 201
    assert buyer.get(purchase_id).json()["purchase_type"] == "stars_pack"


def test_l2_telegram_offers_what_the_catalogue_says(shop: Shop, buyer: Buyer) -> None:
    purchase_id = new_id()
    treasure = ITEMS[1]
    buyer.link(purchase_id, item_id="treasure", price_stars=2500, purchase_type="stars_pack")

    offers = {offer["payload"]: offer for offer in shop.sim.look("links")}
    offer = offers[purchase_id]
    assert offer["title"] == treasure["title"]
    assert offer["description"] == treasure["description"]
    assert offer["amount"] == 2500
    assert offer["photo_url"] == treasure["photo_url"]


@pytest.fixture
def seasonal(shop: Shop) -> Any:
    """Put an item into the catalogue, at a price of one's choice."""
    db = shop.app.extensions["stars"].db

    def sell(price_stars: int) -> None:
        items.import_items(db, [SEASONAL | {"price_stars": price_stars}])

    sell(5)
    return sell


def test_l2_what_was_invoiced_stays_payable(shop: Shop, buyer: Buyer, seasonal: Any) -> None:
    purchase_id = new_id()
    link = buyer.link(purchase_id, **WANTED)
    seasonal(6)
    assert buyer.invoice(purchase_id, **WANTED).json()["pay_url"] == link
    assert shop.run("items", "deactivate", "seasonal").exit_code == 0

    assert buyer.pay(link)["status"] == "paid"
    assert buyer.status(purchase_id) == "succeeded"


def test_l2_what_failed_is_not_reopened_at_an_old_price(
    shop: Shop, buyer: Buyer, seasonal: Any
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id, **WANTED)
    shop.run("purchase", "fail", purchase_id)
    seasonal(6)

    assert buyer.invoice(purchase_id, **WANTED).json()["mismatched"] == ["price_stars"]
    assert buyer.status(purchase_id) == "failed"


def test_l2_what_failed_is_not_reopened_once_it_is_not_for_sale(
    shop: Shop, buyer: Buyer, seasonal: Any
) -> None:
    purchase_id = new_id()
    buyer.link(purchase_id, **WANTED)
    shop.run("purchase", "fail", purchase_id)
    said = shop.run("items", "deactivate", "seasonal")

    assert said.stdout == "seasonal is not for sale any more.\n"
    assert buyer.invoice(purchase_id, **WANTED).json()["error"] == "item_not_for_sale"
    assert buyer.status(purchase_id) == "failed"


def test_l2_with_an_empty_catalogue_the_mock_sells_anything(alice: Person) -> None:
    bought = alice.purchase("p1", item_id="anything", price_stars=7)
    assert bought.status_code == 200


@pytest.mark.parametrize("call", [Person.invoice, Person.purchase])
def test_l2_the_mock_enforces_a_filled_catalogue_just_the_same(
    alice: Person, sql: Sql, call: Any
) -> None:
    sql.execute(INSERT_SWORD)

    unknown = call(alice, "p1", item_id="anything", price_stars=7)
    assert unknown.json["error"] == "item_not_for_sale"
    cheaper = call(alice, "p1", **SWORD | {"price_stars": 7})
    assert cheaper.json["mismatched"] == ["price_stars"]
    assert alice.get("p1").status_code == 404


def test_l2_the_mock_takes_the_catalogues_type(alice: Person, sql: Sql) -> None:
    sql.execute(INSERT_SWORD)
    bought = alice.purchase("p1", item_id="golden-sword", price_stars=50)

    assert bought.json["purchase_type"] == "cosmetic"


def test_l2_what_the_mock_invoiced_before_stays_payable(alice: Person, sql: Sql) -> None:
    alice.invoice("p1", item_id="anything", price_stars=7)
    sql.execute(INSERT_SWORD)

    assert alice.purchase("p1").json["status"] == "succeeded"
