"""Sends one notification: signed, to one address, once. Follows no redirect, and waits 15 s."""

import json
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

import certifi
import httpcore
from standardwebhooks.webhooks import Webhook

from stars.notifications.addresses import CheckedBackend
from stars.notifications.messages import Message

SECONDS = 15.0
"""For the whole of an attempt, as Standard Webhooks advises."""

KEPT_BYTES = 1024
"""Of an answer: enough to see in the log what it was."""

USER_AGENT = "telegram-stars-payments"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended. `status` is None if nobody answered, `error` is None if it went well.

    `retry_after` are the seconds that the other side asked to wait, None if it did not.
    """

    status: int | None
    error: str | None
    answer: str = ""
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        """True if the other side has taken the message."""
        return self.error is None

    @property
    def is_gone(self) -> bool:
        """True if the other side wants no more messages at all."""
        return self.status == 410


class Sender:
    """Sends messages. One may be used by many threads."""

    def __init__(self, *, only_public: bool) -> None:
        """Take `only_public` to call nobody within a private network."""
        self._only_public = only_public
        self._tls = ssl.create_default_context(cafile=certifi.where())

    def send(self, *, url: str, secrets: list[str], message: Message) -> Outcome:
        """Send `message` to `url`, signed with each of `secrets`."""
        body = json.dumps(
            {"type": message["type"], "timestamp": message["timestamp"], "data": message["data"]},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        headers = sign(message["id"], body, secrets)
        backend = CheckedBackend(only_public=self._only_public, seconds=SECONDS)
        try:
            with (
                httpcore.ConnectionPool(
                    ssl_context=self._tls, network_backend=backend, retries=0
                ) as pool,
                pool.stream(
                    "POST",
                    url,
                    headers=headers,
                    content=body.encode(),
                    extensions={"timeout": {"connect": SECONDS, "pool": SECONDS}},
                ) as response,
            ):
                return conclude(response)
        except httpcore.TimeoutException:
            return Outcome(status=None, error=f"It did not answer within {SECONDS:.0f} s.")
        except httpcore.NetworkError as error:
            return Outcome(status=None, error=f"It cannot be reached: {error}"[:300])
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            return Outcome(status=None, error=f"What it answered is not HTTP: {error}"[:300])
        except (ssl.SSLError, OSError, ValueError) as error:
            return Outcome(status=None, error=f"It cannot be reached: {error}"[:300])


def sign(message_id: str, body: str, secrets: list[str]) -> dict[bytes | str, bytes | str]:
    """Return the headers of a message, as Standard Webhooks 1.0.0 has them.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    now = datetime.now(UTC)
    signatures = [Webhook(secret).sign(message_id, now, body) for secret in secrets]
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def conclude(response: httpcore.Response) -> Outcome:
    """Return what an answer says. Of its body no more than KEPT_BYTES is read."""
    kept = bytearray()
    for chunk in response.iter_stream():
        kept += chunk
        if len(kept) >= KEPT_BYTES:
            break
    answer = bytes(kept[:KEPT_BYTES]).decode(errors="replace").replace("\0", "?")
    if 200 <= response.status < 300:
        return Outcome(status=response.status, error=None, answer=answer)
    return Outcome(
        status=response.status,
        error=f"It answered {response.status}.",
        answer=answer,
        retry_after=read_retry_after(response),
    )


def read_retry_after(response: httpcore.Response) -> float | None:
    """Return the seconds that an answer asks to wait, None if it does not say so in seconds."""
    for name, value in response.headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return float(value[:9])
    return None
