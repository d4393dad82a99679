"""The catalogue: what is for sale, and for how many Stars.

Every new purchase is held against it by the statement that makes it (transition_purchase).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from marshmallow import ValidationError

from stars.database.pool import Database
from stars.database.queries import queries
from stars.errors import ItemNotForSale
from stars.schemas import items as schemas

ITEMS = schemas.Item(many=True)

MONTH = 2_592_000
"""Seconds. The only period that Telegram sells: https://core.telegram.org/bots/api#createinvoicelink
The test environment has 60 and 300 in its place."""


class Item(TypedDict):
    """One item of the catalogue, with the fields of schemas.items.Item."""

    item_id: str
    title: str
    description: str
    price_stars: int
    purchase_type: str
    photo_url: str | None
    active: bool
    subscription_period: int | None


@dataclass(frozen=True)
class Imported:
    """How many items of a document were new, changed, and as they were."""

    new: int
    changed: int
    unchanged: int


class CatalogueError(Exception):
    """A document of items cannot be taken, and nothing of it was.

    The message has a line for every problem.
    """


def import_items(db: Database, document: object, *, for_test_environment: bool = False) -> Imported:
    """Add or change all items of a document, or none.

    Args:
        db: where items are.
        document: what a JSON file of items held.
        for_test_environment: whether they are sold in Telegram's test environment, where a
            subscription is renewed after minutes.

    Raises:
        CatalogueError: an item is wrong, or stands there twice.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    items = _load(document)
    _refuse_repeated(items)
    if not for_test_environment:
        _refuse_minutes(items)
    new, changed = db.fetch_one(queries.import_items, items=ITEMS.dumps(items))
    return Imported(new=new, changed=changed, unchanged=len(items) - new - changed)


def find(db: Database) -> list[Item]:
    """Return all items, by their ids."""
    return [item for (item,) in db.fetch_all(queries.list_items, item_id=None)]


def for_sale(db: Database) -> list[Item]:
    """Return the items that can be bought, by their ids."""
    return [item for item in find(db) if item["active"]]


def get(db: Database, item_id: str) -> Item:
    """Return one item, for sale or no longer. Raises ItemNotForSale."""
    rows = db.fetch_all(queries.list_items, item_id=item_id)
    if not rows:
        raise ItemNotForSale
    return cast(Item, rows[0][0])


def deactivate(db: Database, item_id: str) -> None:
    """Take an item off sale. What was invoiced before can still be paid.

    Raises ItemNotForSale for an unknown one.
    """
    if not db.fetch_one(queries.deactivate_item, item_id=item_id):
        raise ItemNotForSale(f"There is no item {item_id}.")


def _load(document: object) -> list[Item]:
    try:
        return cast(list[Item], ITEMS.load(cast(Any, document)))
    except ValidationError as error:
        problems = list(_problems(cast(dict[Any, Any], error.messages)))
        if not problems:
            problems = ["  it must be a list of items"]
        raise CatalogueError("\n".join(["nothing was imported:", *problems])) from None


def _problems(messages: dict[Any, Any]) -> Iterator[str]:
    """Yield a line for each wrong field. A document that is no list at all has none."""
    for place, fields in messages.items():
        if isinstance(place, int):
            for field, why in fields.items():
                yield f"  item {place}  {field}: {' '.join(why)}"


def _refuse_repeated(items: list[Item]) -> None:
    ids = [item["item_id"] for item in items]
    repeated = sorted({item_id for item_id in ids if ids.count(item_id) > 1})
    if repeated:
        names = ", ".join(repeated)
        raise CatalogueError(f"nothing was imported: {names} is there more than once")


def _refuse_minutes(items: list[Item]) -> None:
    for place, item in enumerate(items):
        if item["subscription_period"] not in (None, MONTH):
            raise CatalogueError(
                f"nothing was imported:\n  item {place}  subscription_period: Must be {MONTH}; "
                "others are for Telegram's test environment, with TELEGRAM_TEST_ENVIRONMENT=true."
            )
