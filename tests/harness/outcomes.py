"""Steering the mock: outcomes by header, and armed in advance."""

from typing import Any

from flask import Flask

from harness.constants import API
from harness.people import Answer, Person

OUTCOMES = "/api/v1/mock/outcomes"


def steered(who: Person, purchase_id: str, outcome: str, **fields: Any) -> Answer:
    """Complete a purchase, and ask by header for its outcome."""
    body = {"purchase_id": purchase_id, **fields}
    return who.post(API, body, **{"X-Mock-Outcome": outcome})


def arm(who: Person, outcome: str, **more: Any) -> dict[str, Any]:
    """Arm an outcome, for everybody unless `more` says for whom; what was told of it."""
    answer = who.post(OUTCOMES, {"match": {}, "outcome": outcome, **more})
    assert answer.status_code == 201
    armed: dict[str, Any] = answer.json
    return armed


def armed(app: Flask) -> Any:
    """Every outcome that waits to be taken."""
    return app.test_client().get(OUTCOMES).json
