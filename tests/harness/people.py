"""People who call the service, in this process or over HTTP."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from requests.structures import CaseInsensitiveDict

from harness.constants import API, SWORD


@dataclass(frozen=True)
class Answer:
    """What came back, the same whoever was asked. `json` is None if the body is no JSON."""

    status_code: int
    headers: CaseInsensitiveDict[str]
    text: str

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")

    @property
    def json(self) -> Any:
        is_json = self.content_type.endswith("json")
        return json.loads(self.text) if is_json else None

    @property
    def replayed(self) -> bool:
        """Whether it is marked as the answer to a request that was made before."""
        return self.headers.get("Idempotent-Replayed") == "true"

    @property
    def refusal(self) -> tuple[int, str]:
        """The status code and the error of a refusal; raises KeyError if it is none."""
        return self.status_code, self.json["error"]


Send = Callable[..., Answer]


class Person:
    """Somebody who calls the service, by whatever can send."""

    def __init__(self, send: Send, name: str) -> None:
        self.send = send
        self.name = name
        self.headers = {"X-User-Id": name}

    def invoice(self, purchase_id: str, **fields: Any) -> Answer:
        """Ask for an invoice of the golden sword; `fields` change or add to the body."""
        body = {"purchase_id": purchase_id, **SWORD, **fields}
        return self.send("POST", f"{API}/invoice", self.headers, body)

    def purchase(self, purchase_id: str, **fields: Any) -> Answer:
        """Complete a purchase; one without an invoice needs the item's fields, too."""
        return self.send("POST", API, self.headers, {"purchase_id": purchase_id, **fields})

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """Post any body; bytes go out as they are."""
        return self.send("POST", path, self.headers | headers, body)

    def get(self, purchase_id: str) -> Answer:
        return self.send("GET", f"{API}/{purchase_id}", self.headers)

    def events(self, purchase_id: str) -> list[dict[str, Any]]:
        """The events of a purchase, oldest first; none if there is no such purchase."""
        found = self.send("GET", f"{API}/{purchase_id}/events", self.headers)
        return list(found.json) if found.status_code == 200 else []

    def history(self, purchase_id: str) -> list[str]:
        """The types of its events, oldest first."""
        return [event["event_type"] for event in self.events(purchase_id)]


def person(app: Flask, name: str) -> Person:
    """Somebody who calls `app` directly."""

    def send(method: str, path: str, headers: dict[str, str], body: Any = None) -> Answer:
        data = body if isinstance(body, bytes | None) else json.dumps(body)
        content_type = None if body is None else "application/json"
        answer = app.test_client().open(
            path, method=method, headers=headers, data=data, content_type=content_type
        )
        named = CaseInsensitiveDict(answer.headers.items())
        return Answer(answer.status_code, named, answer.text)

    return Person(send, name)


def statuses(answers: list[Any]) -> list[int]:
    """The status codes of several answers, sorted."""
    return sorted(answer.status_code for answer in answers)
