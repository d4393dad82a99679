"""Posts to an address of the shop's, once: follows no redirect, and waits no longer than told."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import certifi
import httpcore
from standardwebhooks.webhooks import Webhook

from stars.addresses import CheckedBackend

KEPT_BYTES = 1024
"""Of an answer: enough to see in a log what it was."""

ASKED_AT_ONCE = 32
"""Threads that wait for others nearly all of their time. They begin when they are needed."""

USER_AGENT = "telegram-stars-payments"

Headers = dict[bytes | str, bytes | str]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended. `status` is None if nobody answered, `error` is None if it went well.

    `answer` is the beginning of the body, of the type `content_type`. `retry_after` are the seconds
    that the other side asked to wait, None if it did not.
    """

    status: int | None
    error: str | None
    answer: bytes = b""
    content_type: str = ""
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        """True if the other side has taken the message."""
        return self.error is None

    @property
    def is_gone(self) -> bool:
        """True if the other side wants no more messages at all."""
        return self.status == 410

    @property
    def shown(self) -> str:
        """The answer as PostgreSQL can keep it, KEPT_BYTES of it at most."""
        return self.answer[:KEPT_BYTES].decode(errors="replace").replace("\0", "?")


class Caller:
    """Posts to addresses. One may be used by many threads."""

    def __init__(self, *, only_public: bool) -> None:
        """Take `only_public` to call nobody within a private network."""
        self._only_public = only_public
        self._tls = ssl.create_default_context(cafile=certifi.where())
        self._askers = ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="asker")

    def ask(
        self, *, url: str, headers: Headers, body: bytes, seconds: float, max_bytes: int
    ) -> Outcome:
        """Do as `post`, for a request that waits for it: `seconds` are for all of it.

        A name's server that says nothing is not waited for any longer either.
        """
        asked = self._askers.submit(
            self.post, url=url, headers=headers, body=body, seconds=seconds, max_bytes=max_bytes
        )
        try:
            return asked.result(seconds)
        except TooLate:
            asked.cancel()
            return _too_late(seconds)

    def post(
        self, *, url: str, headers: Headers, body: bytes, seconds: float, max_bytes: int
    ) -> Outcome:
        """Post `body` to `url`.

        Args:
            url: where to.
            headers: beside the usual ones.
            body: a JSON document, as it is to arrive.
            seconds: for the whole of it, once the host is resolved.
            max_bytes: of the answer. What follows is not read.

        """
        usual: Headers = {"content-type": "application/json", "user-agent": USER_AGENT}
        try:
            with self._connected(seconds) as pool:
                timeout = {"connect": seconds, "pool": seconds}
                with pool.stream(
                    "POST",
                    url,
                    headers=usual | headers,
                    content=body,
                    extensions={"timeout": timeout},
                ) as response:
                    return conclude(response, max_bytes)
        except httpcore.TimeoutException:
            return _too_late(seconds)
        except httpcore.NetworkError as error:
            return Outcome(status=None, error=f"It cannot be reached: {error}"[:300])
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            return Outcome(status=None, error=f"What it answered is not HTTP: {error}"[:300])
        except (ssl.SSLError, OSError, ValueError) as error:
            return Outcome(status=None, error=f"It cannot be reached: {error}"[:300])

    @contextmanager
    def _connected(self, seconds: float) -> Iterator[httpcore.ConnectionPool]:
        backend = CheckedBackend(only_public=self._only_public, seconds=seconds)
        with httpcore.ConnectionPool(
            ssl_context=self._tls, network_backend=backend, retries=0
        ) as pool:
            yield pool


def _too_late(seconds: float) -> Outcome:
    return Outcome(status=None, error=f"It did not answer within {seconds:.0f} s.")


def sign(message_id: str, body: str, secrets: list[str]) -> Headers:
    """Return the headers that sign a message, as Standard Webhooks 1.0.0 has them.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    now = datetime.now(UTC)
    signatures = [Webhook(secret).sign(message_id, now, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def conclude(response: httpcore.Response, max_bytes: int) -> Outcome:
    """Return what an answer says."""
    kept = bytearray()
    for chunk in response.iter_stream():
        kept += chunk
        if len(kept) >= max_bytes:
            break
    is_success = 200 <= response.status < 300
    return Outcome(
        status=response.status,
        error=None if is_success else f"It answered {response.status}.",
        answer=bytes(kept[:max_bytes]),
        content_type=read_header(response, b"content-type"),
        retry_after=read_retry_after(response),
    )


def read_retry_after(response: httpcore.Response) -> float | None:
    """Return the seconds that an answer asks to wait, None if it does not say so in seconds."""
    value = read_header(response, b"retry-after")
    return float(value[:9]) if value.isdecimal() else None


def read_header(response: httpcore.Response, name: bytes) -> str:
    """Return a header of an answer, empty if it has none."""
    for header, value in response.headers:
        if header.lower() == name:
            return value.decode("latin-1")
    return ""
