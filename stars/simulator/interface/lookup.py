"""Reading a request to /sim/: numbers within bounds, and the things that it names."""

import re
from typing import TypeVar

from stars.simulator.amounts import Json
from stars.simulator.records import Bot, Invoice, User
from stars.simulator.world import World

K = TypeVar("K")
V = TypeVar("V")
HIGHEST = 2**52  # user ids have up to 52 bits


class Unknown(ValueError):
    """Something is named that does not exist."""


def find(table: dict[K, V], key: K, what: str) -> V:
    """What a table has under a key; raises Unknown."""
    if key not in table:
        raise Unknown(f"no such {what}: {key}")
    return table[key]


def find_invoice(world: World, link: object) -> Invoice:
    """The invoice behind a link of either form, or a slug; raises Unknown."""
    slug = re.split(r"\$|/invoice/", str(link))[-1]
    return find(world.invoices, slug, "link")


def find_user(world: World, given: Json) -> User:
    """The user whose id is in `user`; raises ValueError."""
    return find(world.users, int(number(given, "user", 0)), "user")


def find_bot(world: World, given: Json) -> Bot:
    """The bot that `bot` names, or the one that called first; raises Unknown."""
    first = next(iter(world.bots), "")
    return find(world.bots, str(given.get("bot", first)), "bot")


def number(
    given: Json,
    name: str,
    default: float | None = None,
    high: float = HIGHEST,
) -> float:
    """A number from 0 to `high`; raises ValueError, also if it is missing without a default."""
    value = given.get(name, default)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= high:
        return value
    raise ValueError(f"{name} is a number from 0 to {high}")


def query_number(
    query: Json,
    name: str,
    default: float | None = 0,
    high: float = HIGHEST,
) -> float:
    """The same of a query string or a form, where numbers are text; raises ValueError."""
    text = str(query.get(name, default))
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} is a number from 0 to {high}") from None
    return number({name: value}, name, high=high)
