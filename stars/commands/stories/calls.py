"""Calls to a running service or simulator, whose refusals end a story with their reason."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
import httpx

ANSWERS_WITHIN = 60.0
"""Seconds for one call: the simulator answers a payment after 30 at the latest."""

HAPPENS_WITHIN = 60.0
"""Seconds for what was done to be told to the service: Telegram's first resends are within them."""

LOOK_EVERY = 0.3  # seconds: a person notices no delay

Found = TypeVar("Found")


class NoAnswer(click.ClickException):
    """Nobody answers there now, or only to say that it cannot for the moment."""


class Calls:
    """Calls to the server at `address`."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Return the answer to a GET.

        Raises:
            NoAnswer: none comes; the same call may succeed later.
            ClickException: it is a refusal.

        """
        return self._send("GET", path, headers, None)

    def post(self, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
        """Return the document that a POST is answered with. Raises as `get`."""
        return self._send("POST", path, headers, body).json()

    def _send(
        self, method: str, path: str, headers: Mapping[str, str] | None, body: object
    ) -> httpx.Response:
        url = f"{self.address}{path}"
        try:
            # No proxy of the environment stands before what runs on the developer's own machine.
            answer = httpx.request(
                method,
                url,
                headers=dict(headers or {}),
                json=body,
                timeout=ANSWERS_WITHIN,
                trust_env=False,
            )
        except httpx.HTTPError as error:
            raise NoAnswer(f"{self.address} does not answer: {error}") from error
        if answer.is_server_error:
            raise NoAnswer(f"{method} {path}: {reason(answer)}")
        if answer.is_error:
            raise click.ClickException(f"{method} {path}: {reason(answer)}")
        return answer


def reason(answer: httpx.Response) -> str:
    """Return why an answer is a refusal, in its own words if it has some."""
    try:
        document = answer.json()
        return f"{answer.status_code} {document.get('error', '')}: {document.get('detail', '')}"
    except (ValueError, AttributeError):
        return str(answer.status_code)


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    """Return what `look` finds, as soon as it does. Raises ClickException if it never does."""
    deadline = time.monotonic() + HAPPENS_WITHIN
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(LOOK_EVERY)
    raise click.ClickException(f"{what} did not happen within {HAPPENS_WITHIN:.0f} s.")
