"""Steering the mock: outcomes by header, and armed in advance."""

from typing import Any

from harness.constants import API
from harness.people import Person

OUTCOMES = "/api/v1/mock/outcomes"


def steered(who: Person, purchase_id: str, outcome: str, **fields: Any) -> Any:
    return who.post(API, {"purchase_id": purchase_id, **fields}, **{"X-Mock-Outcome": outcome})


def arm(who: Person, outcome: str, **more: Any) -> Any:
    answer = who.post(OUTCOMES, {"match": {}, "outcome": outcome, **more})
    assert answer.status_code == 201
    return answer.json


def armed(app: Any) -> Any:
    return app.test_client().get(OUTCOMES).json
