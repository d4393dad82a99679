"""What a call of the Bot API is answered, beyond its plain result."""

from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """The Bot API's refusal, in its own words; `body` is the envelope."""

    def __init__(self, why: str, code: int = 400, retry_after: int | None = None) -> None:
        description = f"Bad Request: {why}" if code == 400 else why
        self.body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        if retry_after is not None:
            self.body["parameters"] = {"retry_after": retry_after}


@dataclass(frozen=True)
class Described:
    """A result that comes with a description, like "Webhook was set"."""

    result: object
    description: str
