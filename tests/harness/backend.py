"""The shop's own server, which calls the service with a key."""

from typing import Any, cast

from flask import Flask

from harness.people import Answer
from stars.domain import api_keys
from stars.domain.api_keys import Scope


class Backend:
    """The shop's own server, which has a key."""

    def __init__(self, app: Flask, *scopes: Scope) -> None:
        here = app.extensions["stars"]
        name = f"shop-{'-'.join(scopes)}"
        mode = here.payments.mode
        self.key = api_keys.create(here.db, name=name, mode=mode, scopes=list(scopes))
        self.app = app

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request with the key."""
        identified = {"Authorization": f"Bearer {self.key}", **headers}
        answer = self.app.test_client().open(path, method=method, json=body, headers=identified)
        return cast(Answer, answer)

    def get(self, path: str) -> Answer:
        """Send a GET with the key."""
        return self.call("GET", path)
