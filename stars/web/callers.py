"""Who is calling: a user, or somebody of the staff.

A user is named by verified Mini App launch data or, in mock mode alone, by a header.
"""

import hmac
import re
from datetime import UTC, datetime, timedelta

from flask import request
from init_data_py import errors as init_data_errors
from init_data_py import validate_by_hash
from werkzeug.datastructures import Authorization, Headers

from stars.config import Settings
from stars.domain.api_keys import Scope
from stars.errors import CrossSite, NotFound, Unauthorized
from stars.schemas.values import IDENTIFIER
from stars.web.keys import sent_key, user_of_backend
from stars.web.requests import service

LIFETIME = timedelta(hours=24)
"""Clients do send launch data that is hours old."""

CLOCK_SKEW = timedelta(minutes=1)
LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[?::1\]?)(:\d+)?")
FORWARDED = ("X-Forwarded-For", "Forwarded")
CONSOLE_CHALLENGE = 'Basic realm="console", charset="UTF-8"'


def current_user(*scopes: Scope) -> str:
    """Return the user id of whoever sent the current request, or in whose name it was sent.

    Call it before the body is read: a stranger's is not looked at.

    Args:
        scopes: of which a server key that sends it in a user's name must have one.

    Raises:
        Unauthorized, InsufficientScope: it is not known who it is.

    """
    if sent_key() is not None:
        return user_of_backend(*scopes)
    return identify(service().settings, request.headers)


def admit_staff() -> None:
    """Let the current request in if it comes from the staff, of their own will.

    Raises:
        Unauthorized, NotFound: as check_staff.
        CrossSite: a page of another site sent it. Browsers send a password along unasked.

    """
    check_staff(service().settings, request.headers, request.remote_addr)
    if request.method == "POST":
        refuse_other_sites(request.headers)


def identify(settings: Settings, headers: Headers) -> str:
    """Return the caller's user id.

    Raises:
        Unauthorized: nobody is named, or what is sent does not hold (G23). The reason never
            repeats what was sent.

    """
    named = headers.get("X-User-Id")
    scheme, _, credentials = headers.get("Authorization", "").partition(" ")
    # Another scheme is not ours to judge: a staging site may stand behind a password.
    if scheme.lower() == "tma":
        user_id = verify(credentials.strip(), settings.telegram_bot_token)
        if named not in (None, user_id):
            raise Unauthorized("X-User-Id names another user than the launch data.")
        return user_id
    if settings.mode != "mock":
        raise Unauthorized
    if named is None or not IDENTIFIER.fullmatch(named):
        raise Unauthorized(
            "Send X-User-Id: <1-64 of A-Za-z0-9._:->, or Authorization: tma <initData>."
        )
    return named


def verify(launch_data: str, bot_token: str | None) -> str:
    """Return the `user.id` of launch data that this bot signed within the last 24 hours.

    https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app

    Raises:
        Unauthorized: it cannot be verified, or does not hold.

    """
    if bot_token is None:
        raise Unauthorized("Launch data cannot be verified here: TELEGRAM_BOT_TOKEN is not set.")
    try:
        data = validate_by_hash(launch_data, bot_token, expires_in=LIFETIME)
    except init_data_errors.ExpiredError:
        raise Unauthorized(
            "The launch data is older than 24 hours: open the Mini App again."
        ) from None
    except init_data_errors.InvalidInitDataError:
        raise Unauthorized("The launch data does not carry this bot's signature.") from None
    if data.user is None or data.issued_at > datetime.now(UTC) + CLOCK_SKEW:
        raise Unauthorized("The launch data names no user, or is dated in the future.")
    return str(data.user.id)


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
        raise Unauthorized("The console asks for its password.", challenge=CONSOLE_CHALLENGE)


def comes_from_this_machine(headers: Headers, remote_addr: str | None) -> bool:
    """Tell whether somebody at this very machine calls.

    What came by way of a proxy does not. Nor does what asked for another name than this machine's:
    a page elsewhere may have its own name point here (DNS rebinding).
    """
    if any(name in headers for name in FORWARDED):
        return False
    sender_is_here = LOOPBACK.fullmatch(remote_addr or "") is not None
    name_is_ours = LOOPBACK.fullmatch(headers.get("Host", "")) is not None
    return sender_is_here and name_is_ours


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
