"""GET /api/v1/items: what is for sale, for front ends."""

from typing import Any

import pytest

from stars.domain import items

ITEMS = "/api/v1/items"
SWORD = {
    "item_id": "golden-sword",
    "title": "Golden sword",
    "description": "Cuts through anything.",
    "price_stars": 50,
    "purchase_type": "cosmetic",
    "subscription_period": None,
    "photo_url": None,
}


@pytest.fixture
def db(app: Any) -> Any:
    return app.extensions["stars"].db


def test_what_is_for_sale_is_listed_for_anybody(app: Any, db: Any) -> None:
    client = app.test_client()
    assert client.get(ITEMS).json == {"items": []}

    items.import_items(db, [SWORD, SWORD | {"item_id": "old", "active": False}])
    assert client.get(ITEMS).json == {"items": [SWORD]}

    items.deactivate(db, "golden-sword")
    assert client.get(ITEMS).json == {"items": []}


def test_an_unchanged_list_is_not_sent_again(app: Any, db: Any) -> None:
    client = app.test_client()
    items.import_items(db, [SWORD])
    first = client.get(ITEMS)
    assert first.headers["Cache-Control"] == "public, max-age=60"
    known = {"If-None-Match": first.headers["ETag"]}
    again = client.get(ITEMS, headers=known)
    assert (again.status_code, again.data) == (304, b"")

    items.import_items(db, [SWORD | {"price_stars": 51}])
    changed = client.get(ITEMS, headers=known)
    assert changed.status_code == 200
    assert changed.json["items"][0]["price_stars"] == 51


def test_front_ends_may_read_the_list(make_app: Any) -> None:
    app = make_app(cors_origins=("https://shop.example",))
    answer = app.test_client().get(ITEMS, headers={"Origin": "https://shop.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_the_demo_sells_what_the_catalogue_has(app: Any, db: Any) -> None:
    """Once there is a catalogue, nothing else can be bought."""
    client = app.test_client()
    assert 'data-item="treasure"' in client.get("/mock/demo").text
    items.import_items(db, [SWORD | {"item_id": "silver-sword"}])
    page = client.get("/mock/demo").text
    assert 'data-item="silver-sword"' in page
    assert 'data-item="treasure"' not in page
