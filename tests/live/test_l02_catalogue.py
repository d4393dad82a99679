"""L2: item, price and type are those of the catalogue."""

import json
from typing import Any

import pytest
from harness.constants import SWORD
from harness.live import ITEMS, Buyer, Shop
from harness.people import person
from harness.types import MakeApp, Sql
from harness.updates import new_id

from stars.database.queries import queries


def test_l2_item_price_and_type_are_those_of_the_catalogue(shop: Shop, buyer: Buyer) -> None:
    for item in ("no-such-item", "old-hat"):
        refused = buyer.invoice("unmade", item_id=item, price_stars=5)
        assert (refused.status_code, refused.json()["error"]) == (422, "item_not_for_sale")
    for fields, mismatched in (
        ({"price_stars": 1}, ["price_stars"]),
        ({"purchase_type": "boost"}, ["purchase_type"]),
        ({"price_stars": 1, "purchase_type": "boost"}, ["price_stars", "purchase_type"]),
    ):
        refused = buyer.invoice("unmade", **fields)
        assert (refused.status_code, refused.json()["mismatched"]) == (409, mismatched)
    assert buyer.get("unmade").status_code == 404

    purchase_id = new_id()
    body = {
        "purchase_id": purchase_id,
        "item_id": "treasure",
        "price_stars": 2500,
    }  # its type is left to the catalogue
    assert buyer.call("POST", "/invoice", body).status_code == 201
    assert buyer.get(purchase_id).json()["purchase_type"] == "stars_pack"
    offer = next(one for one in shop.sim.look("links") if one["payload"] == purchase_id)
    assert {name: offer[name] for name in ("title", "description", "amount", "photo_url")} == {
        "title": "Treasure \U0001f4b0",
        "description": "A lot",
        "amount": 2500,
        "photo_url": ITEMS[1]["photo_url"],
    }


def test_l2_what_was_invoiced_stays_payable_and_is_not_reopened_at_an_old_price(
    shop: Shop, buyer: Buyer
) -> None:
    one = {"item_id": "seasonal", "title": "Seasonal", "description": "For now", "price_stars": 5}
    importing = {
        "items": json.dumps(
            [{"purchase_type": "unknown", "photo_url": None, "active": True, **one}]
        )
    }
    import_items = shop.app.extensions["stars"].db.fetch_one
    import_items(queries.import_items, **importing)
    first, second = new_id(), new_id()
    body = {"item_id": "seasonal", "price_stars": 5, "purchase_type": "unknown"}
    link = buyer.link(first, **body)
    buyer.link(second, **body)
    assert shop.run("purchase", "fail", second).exit_code == 0
    import_items(
        queries.import_items,
        items=importing["items"].replace('"price_stars": 5', '"price_stars": 6'),
    )

    assert buyer.invoice(first, **body).json()["pay_url"] == link
    assert buyer.invoice(second, **body).json()["mismatched"] == ["price_stars"]
    assert (
        shop.run("items", "deactivate", "seasonal").stdout == "seasonal is not for sale any more.\n"
    )
    assert buyer.invoice(second, **body).json()["error"] == "item_not_for_sale"
    assert (buyer.pay(link)["status"], buyer.status(first), buyer.status(second)) == (
        "paid",
        "succeeded",
        "failed",
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"title": "x" * 33}, "title"),
        ({"title": ""}, "title"),
        ({"title": " "}, "title"),
        ({"title": "a\nb\0"}, "title"),
        ({"title": "\U0001f4b0" * 17}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"description": "x" * 256}, "description"),
        ({"description": None}, "description"),
        ({"price_stars": 0}, "price_stars"),
        ({"price_stars": 100_001}, "price_stars"),
        ({"price_stars": "5"}, "price_stars"),
        ({"price_stars": 5.5}, "price_stars"),
        ({"purchase_type": "x"}, "purchase_type"),
        ({"photo_url": "javascript:alert(1)"}, "photo_url"),
        ({"item_id": "a b"}, "item_id"),
        ({"colour": "red"}, "colour"),
        ({"active": "yes"}, "active"),
    ],
)
def test_l2_an_item_that_telegram_would_refuse_is_not_imported(
    shop: Shop, tmp_path: Any, wrong: dict[str, Any], why: str
) -> None:
    sound = {"item_id": "sound", "title": "Sound", "description": "Sound", "price_stars": 5}
    (tmp_path / "items.json").write_text(json.dumps([sound, sound | {"item_id": "wrong"} | wrong]))
    refused = shop.run("items", "import", str(tmp_path / "items.json"))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"item 1  {why}: " in refused.stderr
    assert "sound" not in shop.run("items", "list").stdout


def test_l2_importing_says_what_is_new_and_what_changed(shop: Shop, tmp_path: Any) -> None:
    path = tmp_path / "items.json"

    def imported(*items: Any) -> Any:
        path.write_text(json.dumps(items))
        return shop.run("items", "import", str(path))

    one = {
        "item_id": "import-1",
        "title": "x" * 32,
        "description": "\u00e9" * 255,
        "price_stars": 100_000,
    }
    two = {**one, "item_id": "import-2", "active": False, "photo_url": "https://shop.example/2.png"}
    assert imported(one, two).stdout == "2 new, 0 changed, 0 as they were.\n"
    assert imported(one, two | {"title": "Two"}).stdout == "0 new, 1 changed, 1 as they were.\n"
    found = {
        item["item_id"]: item for item in json.loads(shop.run("items", "list", "--json").stdout)
    }
    assert found["import-2"] == {"purchase_type": "unknown", **two, "title": "Two"}
    assert "import-1, import-2 is there" in imported(one, one, two, two).stderr
    for document in ("{}", "[1]", "nonsense", '"x"'):
        path.write_text(document)
        assert shop.run("items", "import", str(path)).exit_code == 1
    assert shop.run("items", "deactivate", "no-such").exit_code == 1
    assert shop.run("items", "import", str(tmp_path / "none.json")).exit_code == 2


def test_l2_the_mock_enforces_a_filled_catalogue_just_the_same(make_app: MakeApp, sql: Sql) -> None:
    alice = person(make_app(), "alice")
    assert (
        alice.purchase("p1", item_id="anything", price_stars=7).status_code == 200
    )  # empty: everything goes
    alice.invoice("p2", item_id="anything", price_stars=7)
    sql.execute(
        "INSERT INTO items VALUES ('golden-sword', 'Sword', 'Sharp', 50, 'cosmetic', NULL, true)"
    )
    for call in (alice.invoice, alice.purchase):
        assert call("p3", item_id="anything", price_stars=7).json["error"] == "item_not_for_sale"
        assert call("p3", **SWORD | {"price_stars": 7}).json["mismatched"] == ["price_stars"]
    assert alice.get("p3").status_code == 404
    assert (
        alice.purchase("p3", item_id="golden-sword", price_stars=50).json["purchase_type"]
        == "cosmetic"
    )
    assert alice.purchase("p2").json["status"] == "succeeded"  # invoiced before
