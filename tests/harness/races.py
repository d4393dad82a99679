"""What the tests of simultaneous purchases share: what they race against, and what they compare."""

from typing import Any

from stars.domain import purchases
from stars.errors import PurchaseNotFound


def bodies(answers: list[Any]) -> list[Any]:
    return [answer.json for answer in answers]


def mark_failed(app: Any, purchase_id: str) -> str:
    """What the console does, where threads may do it at once."""
    try:
        purchases.mark_failed_by_operator(
            app.extensions["stars"].db, purchase_id=purchase_id, request_id="console-test"
        )
        return "marked"
    except PurchaseNotFound:
        return "unknown"


INSERTING = """
    INSERT INTO purchases (purchase_id, user_id, item_id, price_stars, purchase_type, status, mode, metadata, version,
        created_at, invoiced_at)
    VALUES ('p1', 'somebody', 'shield', 1, 'boost', 'pending', 'mock', '{}', 1, now(), now())"""


LOCKING = "SELECT FROM purchases WHERE purchase_id = 'p1' FOR UPDATE"
