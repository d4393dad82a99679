"""The staff: who may look at the console and the analytics."""

import hmac
from ipaddress import IPv6Address, ip_address

from flask import request
from werkzeug.datastructures import Authorization, Headers

from stars.config import Settings
from stars.errors import CrossSite, NotFound, Unauthorized
from stars.web.requests import service

FORWARDED = ("X-Forwarded-For", "Forwarded")
CHALLENGE = 'Basic realm="console", charset="UTF-8"'


def admit_staff() -> None:
    """Let the current request in if it comes from the staff, of their own will.

    Raises:
        Unauthorized, NotFound: as check_staff.
        CrossSite: a page of another site sent it. Browsers send a password along unasked.

    """
    check_staff(service().settings, request.headers, request.remote_addr)
    if request.method == "POST":
        refuse_other_sites(request.headers)


def check_staff(settings: Settings, headers: Headers, remote_addr: str | None) -> None:
    """Let in whoever knows CONSOLE_PASSWORD; where none is set, a developer at this machine alone.

    Raises:
        Unauthorized: the password is missing or wrong.
        NotFound: there is no console here.

    """
    if settings.console_password is not None:
        check_password(settings.console_password, headers)
        return
    if settings.app_env != "development":
        raise NotFound
    if not comes_from_this_machine(headers, remote_addr):
        raise NotFound


def check_password(password: str, headers: Headers) -> None:
    """Raise Unauthorized unless this password is sent, under whatever user name."""
    sent = Authorization.from_header(headers.get("Authorization"))
    told = ""
    if sent is not None and sent.type == "basic":
        told = sent.password or ""
    if not hmac.compare_digest(told.encode(), password.encode()):
        raise Unauthorized("The console asks for its password.", challenge=CHALLENGE)


def comes_from_this_machine(headers: Headers, remote_addr: str | None) -> bool:
    """Tell whether somebody at this very machine calls.

    What came by way of a proxy does not. Nor does what asked for another name than this machine's:
    a page elsewhere may have its own name point here (DNS rebinding).
    """
    if any(name in headers for name in FORWARDED):
        return False
    name = host_without_port(headers.get("Host", ""))
    return is_loopback(remote_addr or "") and (name == "localhost" or is_loopback(name))


def host_without_port(host: str) -> str:
    """Return the name or address of a Host header: `[::1]:8000` is `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_loopback(address: str) -> bool:
    """Tell whether this is an address of this machine alone, also one of IPv4 in IPv6's clothes."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback


def refuse_other_sites(headers: Headers) -> None:
    """Refuse what a page of another site had the browser send.

    A browser says so in Sec-Fetch-Site, an older one in Origin. Who sends neither, like curl, is
    no browser.

    Raises:
        CrossSite: it comes from elsewhere.

    """
    site = headers.get("Sec-Fetch-Site")
    if site:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = headers.get("Origin")
    if not origin:
        return
    _, _, host = origin.partition("://")
    if host != headers.get("Host"):
        raise CrossSite
