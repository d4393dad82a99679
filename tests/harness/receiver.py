"""A shop's address that is told of events: a real HTTP server, which answers as a test wants."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Told:
    """One message as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def about(self) -> tuple[str, str]:
        """The purchase, and the type of the event."""
        return self.document["data"]["purchase_id"], self.document["type"]


Reply = tuple[int, dict[str, str], bytes]
OK: Reply = (204, {}, b"")


class Receiver:
    """The server. `answer` decides on each message; by default every one is taken."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.answer: Callable[[Told], Reply] = lambda _told: OK
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                told = Told(path=self.path, headers=headers, body=self.rfile.read(length))
                receiver.told.append(told)
                status, more, body = receiver.answer(told)
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is told."""
        return f"http://127.0.0.1:{self._server.server_port}/stars"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
