"""Sends one notification: signed, to one address, once."""

import json

from stars.notifications.messages import Message
from stars.outgoing import KEPT_BYTES, Caller, Outcome, sign

SECONDS = 15.0
"""For the whole of an attempt, as Standard Webhooks advises."""


class Sender:
    """Sends messages. One may be used by many threads."""

    def __init__(self, *, only_public: bool) -> None:
        """Take `only_public` to call nobody within a private network."""
        self._caller = Caller(only_public=only_public)

    def send(self, *, url: str, secrets: list[str], message: Message) -> Outcome:
        """Send `message` to `url`, signed with each of `secrets`."""
        body = json.dumps(
            {"type": message["type"], "timestamp": message["timestamp"], "data": message["data"]},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return self._caller.post(
            url=url,
            headers=sign(message["id"], body, secrets),
            body=body.encode(),
            seconds=SECONDS,
            max_bytes=KEPT_BYTES,
        )
