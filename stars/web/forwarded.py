"""What proxies in front have done to a request, undone: its scheme, and the path it came under.

gunicorn would refuse two headers that differ, and take `https,http` for http. A WSGI environment
comes in; what changes in it are `wsgi.url_scheme`, `SCRIPT_NAME` and `PATH_INFO`.
"""

import re
from typing import Any

SCHEME_HEADERS = (
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_PROTOCOL",
    "HTTP_X_FORWARDED_SSL",
)
"""The usual one decides. The others are for proxies that do not send it."""

SECURE = ("https", "ssl", "on")

PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")

LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


def settle(environ: dict[str, Any], *, prefix: str, trusts_anybody: bool) -> None:
    """Have `environ` say how the client asked.

    Args:
        environ: of the request; it is changed.
        prefix: the path that the service stands under, like `/stars`, as its settings say; "" for
            none. A proxy may have taken it off the path, or left it there.
        trusts_anybody: whether every sender is a proxy of ours. Otherwise only this machine is.

    """
    if trusts_anybody or environ.get("REMOTE_ADDR") in LOOPBACK:
        environ["wsgi.url_scheme"] = scheme_of(environ)
        told = first(environ, "HTTP_X_FORWARDED_PREFIX").rstrip("/")
        if PREFIX.fullmatch(told):
            # A proxy tells of what it has taken off; should it not have, that is done below.
            prefix = told
    if not prefix:
        return
    environ["SCRIPT_NAME"] = prefix
    if environ["PATH_INFO"].startswith(f"{prefix}/"):
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix)


def scheme_of(environ: dict[str, Any]) -> str:
    """Return with which scheme the client asked the first proxy; the server's own if none told."""
    for header in SCHEME_HEADERS:
        told = first(environ, header).lower()
        if told:
            return "https" if told in SECURE else "http"
    return str(environ["wsgi.url_scheme"])


def first(environ: dict[str, Any], header: str) -> str:
    """Return what the proxy nearest to the client has said: each adds its word at the end."""
    told = str(environ.get(header, ""))
    return told.split(",")[0].strip()
