"""Reads values out of Telegram's JSON: each is what its documentation promises, or Unreadable.

It knows no method and no kind of update. Those who know them are updates.py and transactions.py.
"""

import json
import re
from datetime import UTC, datetime

from stars.domain.types import Json

MAX_NUMBER = 2**53
"""What Telegram's numbers stay below: https://core.telegram.org/bots/api#user"""

LAST_MOMENT = 2**32
"""Unix seconds: in the year 2106. What lies behind is no date of a payment."""

IDENTIFIER = re.compile(r"[!-~]{1,512}")
"""Ids of charges and queries. Over 128 characters were seen; no length is documented."""

MAX_DIGITS = 19
"""Of a number. PostgreSQL has no more, and Python refuses to read thousands of them."""


class Unreadable(Exception):
    """A document is not what Telegram's documentation promises. The message says where."""


def parse_json(text: str) -> object:
    """Return the value of a JSON text. A number that is too long to be one of Telegram's is None.

    Raises:
        ValueError: it is not JSON.
        Unreadable: it nests deeper than can be read.

    """
    try:
        return json.loads(text, parse_int=_parse_int)
    except RecursionError:
        raise Unreadable("nested too deeply") from None


def storable(text: str) -> str:
    """Return `text` as PostgreSQL can keep it: without NUL and halves of surrogate pairs."""
    return text.encode(errors="replace").decode().replace("\0", "?")


def read_object(value: object, place: str) -> Json:
    """Return `value` if it is an object. `place` is where it stands. Raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable(f"{place} is no object")
    return value


def read_text(document: Json, name: str) -> str:
    """Return the text under `name`, made storable. Raises Unreadable."""
    value = document.get(name)
    if not isinstance(value, str):
        raise Unreadable(f"{name} is no text")
    return storable(value)


def read_number(document: Json, name: str) -> int:
    """Return the positive whole number under `name`. Raises Unreadable."""
    value = document.get(name)
    if type(value) is not int:
        raise Unreadable(f"{name} is no whole number")
    if not 0 < value < MAX_NUMBER:
        raise Unreadable(f"{name} is out of range")
    return value


def read_amount(document: Json, name: str, default: int | None = None) -> int:
    """Return the whole number under `name`, which may be 0 or below. Raises Unreadable."""
    value = document.get(name, default)
    if type(value) is not int or abs(value) >= MAX_NUMBER:
        raise Unreadable(f"{name} is no amount")
    return value


def read_moment(document: Json, name: str) -> datetime:
    """Return the moment under `name`, which Telegram gives in seconds of Unix. Raises Unreadable.

    https://core.telegram.org/bots/api#message
    """
    seconds = read_number(document, name)
    if seconds >= LAST_MOMENT:
        raise Unreadable(f"{name} is out of range")
    return datetime.fromtimestamp(seconds, UTC)


def read_identifier(document: Json, name: str) -> str:
    """Return the id of a charge, a query or a transaction under `name`. Raises Unreadable."""
    value = document.get(name)
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        raise Unreadable(f"{name} is no id")
    return value


def _parse_int(digits: str) -> int | None:
    return int(digits) if len(digits) <= MAX_DIGITS else None
