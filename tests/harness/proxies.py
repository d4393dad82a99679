"""Proxies that are real servers: one that only counts who comes, one that speaks SOCKS 5."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class CountingProxy:
    """Takes connections, counts them, and never says a word."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.callers: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self.listener.accept()
                self.callers.append(caller)

    def close(self) -> None:
        self.listener.close()
        for caller in self.callers:
            caller.close()


class SocksProxy:
    """Speaks SOCKS 5, and leads to `target` whatever is asked for; `asked` has the names."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.asked: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=[near], daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        """https://www.rfc-editor.org/rfc/rfc1928"""
        with near, suppress(OSError, IndexError):
            near.recv(262)
            near.sendall(b"\x05\x00")
            request = near.recv(262)
            self.asked.append(request[5 : 5 + request[4]].decode())
            near.sendall(b"\x05\x00\x00\x01" + bytes(6))
            with socket.create_connection(self.target) as far:
                back = threading.Thread(target=copy, args=[far, near], daemon=True)
                back.start()
                copy(near, far)
                back.join()

    def close(self) -> None:
        self.listener.close()


def copy(source: socket.socket, target: socket.socket) -> None:
    """Pass on what `source` says until it ends."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def counting_proxy() -> Iterator[CountingProxy]:
    proxy = CountingProxy()
    yield proxy
    proxy.close()


@contextmanager
def socks_proxy(target: tuple[str, int]) -> Iterator[SocksProxy]:
    proxy = SocksProxy(target)
    yield proxy
    proxy.close()
