"""What the tests of simultaneous purchases race against, and what they compare."""

from flask import Flask

from harness.people import Answer
from stars.domain import purchases
from stars.errors import PurchaseNotFound

LOCK_P1 = "SELECT FROM purchases WHERE purchase_id = 'p1' FOR UPDATE"
# Whoever inserts p1 meanwhile waits for this one to end.
INSERT_P1 = """
    INSERT INTO purchases
        (purchase_id, user_id, item_id, price_stars, purchase_type,
         status, mode, metadata, version, created_at, invoiced_at)
    VALUES
        ('p1', 'somebody', 'shield', 1, 'boost',
         'pending', 'mock', '{}', 1, now(), now())
"""


def bodies(answers: list[Answer]) -> list[object]:
    """The JSON of several answers."""
    return [answer.json for answer in answers]


def mark_failed(app: Flask, purchase_id: str) -> str:
    """Do what `flask purchase fail` does, where threads may do it at once."""
    db = app.extensions["stars"].db
    try:
        purchases.mark_failed_by_operator(db, purchase_id=purchase_id, request_id="a-test")
    except PurchaseNotFound:
        return "unknown"
    return "marked"
