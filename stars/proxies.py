"""The way to an address on the network: through the proxy that the environment names, or directly.

httpx reads these variables by itself, but sends what is for this machine through a proxy, too, and
fails in the middle of a request at a proxy that it does not know.
"""

import ipaddress
import os
from urllib.parse import urlsplit

import httpx

SCHEMES = ("http", "https", "socks5", "socks5h")

SAME_AS = {"socks": "socks5"}
"""What desktops write, and what they mean by it."""


class ProxyError(Exception):
    """A proxy cannot be used. The message shows nothing of it: it may have a password."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(reason)
        self.variable = variable


def way_to(url: str, limits: httpx.Limits | None = None) -> httpx.HTTPTransport:
    """Return how an httpx.Client reaches `url`. Raises ProxyError."""
    return httpx.HTTPTransport(proxy=proxy_for(url), limits=limits or httpx.Limits())


def proxy_for(url: str) -> str | None:
    """Return the address of the proxy for `url`; None if it is to be reached directly.

    Raises:
        ProxyError: the environment names one that cannot be used.

    """
    address = urlsplit(url)
    host = address.hostname or ""
    if is_this_machine(host) or is_excepted(host):
        return None
    for name in (f"{address.scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            if value := os.environ.get(variable):
                return usable(variable, value)
    return None


def is_this_machine(host: str) -> bool:
    """Return whether `host` is a name or an address of the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_excepted(host: str) -> bool:
    """Return whether NO_PROXY names `host`, a domain it is in, or everything."""
    exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    for exception in exceptions.split(","):
        domain = exception.strip().removeprefix("*").removeprefix(".")
        if exception.strip() == "*" or (domain and f".{host}".endswith(f".{domain}")):
            return True
    return False


def usable(variable: str, value: str) -> str:
    """Return the proxy that `variable` names, in the form that httpx takes. Raises ProxyError."""
    scheme, separator, rest = value.partition("://")
    if not separator:
        scheme, rest = "http", value
    scheme = SAME_AS.get(scheme.lower(), scheme.lower())
    if scheme not in SCHEMES:
        raise ProxyError(variable, "must begin with http://, https:// or socks5://")
    proxy = f"{scheme}://{rest}"
    try:
        httpx.Proxy(proxy)
        complete = bool(urlsplit(proxy).hostname)
    except (httpx.InvalidURL, ValueError):
        complete = False
    if not complete:
        raise ProxyError(variable, "must be an address like http://proxy.example:3128")
    return proxy
