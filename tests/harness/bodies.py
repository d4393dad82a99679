"""A good body of a purchase, and how to spell it."""

import json
from typing import Any

from harness.constants import SWORD

GOOD = {"purchase_id": "p1", **SWORD}


def text(**changes: Any) -> bytes:
    """A good body with these members written as given."""
    members = {name: json.dumps(value) for name, value in GOOD.items()} | changes
    return (
        "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in members.items()) + "}"
    ).encode()
