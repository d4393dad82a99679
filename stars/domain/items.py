"""The catalogue: what is for sale, and for how many Stars. transition_purchase holds every new purchase against it."""

from typing import Any, cast

from marshmallow import ValidationError

from stars.database.pool import Database
from stars.database.queries import queries
from stars.errors import ItemNotForSale
from stars.schemas import items as schemas

Item = dict[str, Any]  # the fields of schemas.Item


class CatalogueError(Exception):
    """A file of items cannot be taken, and nothing of it was. The message has a line for every problem."""


def import_items(db: Database, document: Any) -> tuple[int, int]:
    """Add or change all items of a JSON document, or none; how many are new and how many changed. Raises CatalogueError."""
    try:
        items = cast(list[Item], schemas.Item(many=True).load(document))
    except ValidationError as wrong:
        found = cast(dict[Any, Any], wrong.messages)
        lines = [
            f"  item {place}  {field}: {' '.join(why)}"
            for place, fields in found.items()
            if isinstance(place, int)
            for field, why in fields.items()
        ]
        raise CatalogueError(
            "\n".join(["nothing was imported:", *(lines or ["  it must be a list of items"])])
        ) from None
    ids = [item["item_id"] for item in items]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise CatalogueError(f"nothing was imported: {', '.join(twice)} is there more than once")
    return cast(
        tuple[int, int],
        db.fetch_one(queries.import_items, items=schemas.Item(many=True).dumps(items)),
    )


def find(db: Database) -> list[Item]:
    """All items, by their ids."""
    return [item for (item,) in db.fetch_all(queries.list_items, item_id=None)]


def get(db: Database, item_id: str) -> Item:
    """One item, for sale or no longer. Raises ItemNotForSale."""
    for (item,) in db.fetch_all(queries.list_items, item_id=item_id):
        return cast(Item, item)
    raise ItemNotForSale


def deactivate(db: Database, item_id: str) -> None:
    """Take an item off sale. What was invoiced before can still be paid. Raises ItemNotForSale for an unknown one."""
    if not db.fetch_one(queries.deactivate_item, item_id=item_id):
        raise ItemNotForSale(f"There is no item {item_id}.")
