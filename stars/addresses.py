"""Where the service may call: never into the network that it stands in itself (N5).

A name is resolved once for each attempt. What it leads to is checked, and that very address is
called, so that a second answer of the name's server changes nothing (DNS rebinding).
"""

import ipaddress
import socket
import time
from collections.abc import Iterable
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import httpcore

NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL = 2000


class ForbiddenAddress(httpcore.ConnectError):
    """The host leads into a network that the service does not call."""


def problem_with(url: str, *, is_development: bool) -> str | None:
    """Say why nothing can be sent to `url`; None if something can.

    Whether its host may be called is checked at each attempt: names can lead elsewhere later.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is to be one"
    allowed = ("https", "http") if is_development else ("https",)
    if parts.scheme not in allowed:
        return f"has to begin with {' or '.join(allowed)}://"
    if not parts.hostname or parts.username is not None or parts.fragment or len(url) > MAX_URL:
        return "has to have a host, and no user and no fragment"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "is to be plain ASCII without blanks"
    return None


def is_public(address: Address) -> bool:
    """Tell whether an address is one that anybody on the internet can reach.

    An IPv4 address inside an IPv6 one counts as what it is.
    """
    inner = embedded_ipv4(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not address.is_multicast


def embedded_ipv4(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for, None if it stands for itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def resolve(host: str, port: int, *, only_public: bool) -> list[str]:
    """Return the addresses that `host` leads to.

    Raises:
        ForbiddenAddress: with `only_public`, one of them is not public.
        httpcore.ConnectError: it leads nowhere.

    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"The host cannot be resolved: {error}") from None
    addresses = [str(entry[4][0]) for entry in found]
    if only_public:
        for address in addresses:
            if not is_public(ipaddress.ip_address(address.partition("%")[0])):
                raise ForbiddenAddress("The host is not on the public internet.")
    return addresses


class BoundedStream(httpcore.NetworkStream):
    """A stream on which nobody waits past `deadline`, however little comes at a time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come. Raises httpcore.ReadTimeout at the deadline."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("The answer took too long.")
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send. Raises httpcore.WriteTimeout at the deadline."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.WriteTimeout("The message was not taken in time.")
        self._stream.write(buffer, left)

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Go on under TLS, within the same deadline."""
        secure = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return BoundedStream(secure, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return what is known of the connection."""
        return self._stream.get_extra_info(info)


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to addresses that were checked, for `seconds` in all."""

    def __init__(self, *, only_public: bool, seconds: float) -> None:
        self._backend = httpcore.SyncBackend()
        self._only_public = only_public
        self._seconds = seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of `host` that answers.

        Raises:
            httpcore.ConnectError, httpcore.ConnectTimeout: none does, or none may be called.

        """
        deadline = time.monotonic() + self._seconds
        failure: Exception = httpcore.ConnectError("The host has no address.")
        for address in resolve(host, port, only_public=self._only_public):
            try:
                stream = self._backend.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return BoundedStream(stream, deadline)
        raise failure
