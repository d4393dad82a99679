"""A TCP way to PostgreSQL that can be cut at the worst moment."""

import socket
import threading
import time
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit


class Wire:
    """Copies bytes between TCP and the server's Unix socket; `url` leads through it."""

    def __init__(self, url: str) -> None:
        given = urlsplit(url)
        folder = parse_qs(given.query)["host"][0]
        self.socket_path = f"{folder}/.s.PGSQL.5432"
        self.listener = socket.create_server(("127.0.0.1", 0))
        port = self.listener.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{port}{given.path}?sslmode=disable"
        self.holding_answers = False
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.accepting = threading.Thread(target=self._accept, daemon=True)
        self.accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.socket_path)
            self.pairs.append((near, far))
            threading.Thread(target=self._copy, args=[near, far, False], daemon=True).start()
            threading.Thread(target=self._copy, args=[far, near, True], daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                while answers and self.holding_answers:
                    time.sleep(0.005)
                target.sendall(data)

    def cut(self) -> None:
        """Break every connection, without a word."""
        for pair in self.pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self.pairs.clear()
        self.holding_answers = False

    def close(self) -> None:
        """Listen no more, and cut what is open."""
        # A thread that accepts would go on with a listener that is only closed.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()
        self.cut()
