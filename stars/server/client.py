"""A client's connection, as gunicorn reads and writes it: every wait for the client has an end."""

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from gevent.socket import SHUT_RD, SHUT_WR, socket

from stars.server.unreadable import TOO_SLOW

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Seconds. They are long enough for a phone with a poor network. Meanwhile a client holds no more
# than its connection and a greenlet: no thread, no connection to the database.
HEAD_WAIT = 5.0  # from the first byte to the end of a head, and for the first byte of a connection
BODY_WAIT = 10.0  # for the body
ANSWER_WAIT = 20.0  # to take a part of the answer
GOODBYE = 2.0  # to read an answer that came before the request was sent whole

CHUNK = 64 * 1024  # bytes
IGNORED = 64 * CHUNK  # of a request that is refused unread


class Client(socket):
    """A connection. It is idle, or sends a request, or waits for the answer."""

    def __init__(self, accepted: socket) -> None:
        super().__init__(accepted.family, fileno=accepted.detach())
        self.idle = True
        self._deadline = time.monotonic() + HEAD_WAIT
        self._unsent = bytearray()

    def await_request(self, seconds: float) -> None:
        """Let the client be silent that long. The head of a request it begins has HEAD_WAIT."""
        self.idle = True
        self._deadline = time.monotonic() + seconds

    def await_body(self) -> None:
        """Let the client send what is left of its request within BODY_WAIT."""
        self._deadline = time.monotonic() + BODY_WAIT

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """The next bytes; none at the end, which is also that of an idle client's time.

        Raises:
            Unreadable: the client was too slow with a request it has begun.

        """
        try:
            self.settimeout(max(self._deadline - time.monotonic(), 0.001))
            received = super().recv(bufsize, flags)
        except TimeoutError:
            if self.idle:
                return b""
            raise TOO_SLOW from None
        if self.idle:
            self.idle = False
            self._deadline = time.monotonic() + HEAD_WAIT
        return received

    def sendall(self, data: "ReadableBuffer", flags: int = 0, /) -> None:
        """Keep `data` until there is enough of it, or flush: head and body go out in one packet."""
        self._unsent += data
        if len(self._unsent) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Send what is kept. Raises TimeoutError if the client does not take it in ANSWER_WAIT."""
        unsent, self._unsent = self._unsent, bytearray()
        self.settimeout(ANSWER_WAIT)
        while unsent:
            del unsent[: self.send(unsent)]

    def dismiss(self) -> None:
        """End the wait of an idle client. What it has already sent is still read."""
        if self.idle:
            with suppress(OSError):
                self.shutdown(SHUT_RD)

    def close_gently(self) -> None:
        """Close once a client that still sends has read its answer. A plain close destroys it."""
        until = time.monotonic() + GOODBYE
        with suppress(OSError):
            self.shutdown(SHUT_WR)
            for _ in range(IGNORED // CHUNK):
                self.settimeout(max(until - time.monotonic(), 0.001))
                if not super().recv(CHUNK):
                    break
        self.close()
