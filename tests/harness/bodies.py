"""A good body of a purchase, and how to spell it."""

import json
from typing import Any

from harness.constants import SWORD

GOOD: dict[str, Any] = {"purchase_id": "p1", **SWORD}


def text(**changes: str) -> bytes:
    """A good body with these members written as given, each a piece of JSON."""
    members = {name: json.dumps(value) for name, value in GOOD.items()} | changes
    written = [f"{json.dumps(name)}:{value}" for name, value in members.items()]
    return f"{{{','.join(written)}}}".encode()


def without(field: str) -> bytes:
    """A good body that lacks one member."""
    return json.dumps({name: value for name, value in GOOD.items() if name != field}).encode()
