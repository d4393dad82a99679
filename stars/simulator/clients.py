"""The HTTP clients that call webhooks, one for each certificate that a bot has uploaded."""

import ssl
import threading

import httpx


class Clients:
    """Made with the world and closed with it."""

    def __init__(self) -> None:
        self._clients: dict[str, httpx.Client] = {}
        self._lock = threading.Lock()

    def trusting(self, certificate: str) -> httpx.Client:
        """The client that trusts this certificate, in PEM, and no other.

        An empty one stands for the public authorities. Raises ValueError if it is no certificate.
        """
        with self._lock:
            if certificate not in self._clients:
                self._clients[certificate] = _client(certificate)
            return self._clients[certificate]

    def close(self) -> None:
        """End all connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()


def _client(certificate: str) -> httpx.Client:
    verify: ssl.SSLContext | bool = True
    if certificate:
        try:
            verify = ssl.create_default_context(cadata=certificate)
        except ssl.SSLError as error:
            raise ValueError("not a certificate") from error
        # A certificate that signs itself need not say that it may sign others.
        verify.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # Each bot has a maximum of its own, so the client has none.
    limits = httpx.Limits(max_connections=None)
    return httpx.Client(trust_env=False, verify=verify, limits=limits)
