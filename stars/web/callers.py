"""Who is calling: a user, by verified Mini App launch data or, in mock mode alone, by a header; or somebody of the staff."""

import hmac
import re
from datetime import UTC, datetime, timedelta

from init_data_py import errors as init_data_errors
from init_data_py import validate_by_hash
from werkzeug.datastructures import Authorization, Headers

from stars.config import Settings
from stars.errors import CrossSite, NotFound, Unauthorized
from stars.schemas.values import IDENTIFIER

LIFETIME = timedelta(hours=24)  # clients do send launch data that is hours old
CLOCK_SKEW = timedelta(minutes=1)
LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[?::1\]?)(:\d+)?")


def identify(settings: Settings, headers: Headers) -> str:
    """The caller's user id.

    Raises:
        Unauthorized: nobody is named, or what is sent does not hold (G23). The reason never repeats what was sent.

    """
    scheme, _, launch_data = headers.get("Authorization", "").partition(" ")
    named = headers.get("X-User-Id")
    if (
        scheme.lower() == "tma"
    ):  # another scheme is not ours to judge: a staging site may stand behind a password
        user_id = verify(launch_data.strip(), settings.telegram_bot_token)
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
    """The `user.id` of launch data that this bot signed within the last 24 hours. Raises Unauthorized.

    https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
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


def admit_staff(settings: Settings, headers: Headers, remote_addr: str | None) -> None:
    """Let in whoever knows CONSOLE_PASSWORD; where there is none, a developer at this very machine, and nobody else.

    The name of this machine is asked for as well: a page elsewhere may have its own name point here (DNS rebinding).
    What came by way of a proxy does not come from here.

    Raises:
        Unauthorized: the password is missing or wrong.
        NotFound: there is no console here.

    """
    if settings.console_password is None:
        here = LOOPBACK.fullmatch(remote_addr or "") and LOOPBACK.fullmatch(headers.get("Host", ""))
        if (
            settings.app_env != "development"
            or not here
            or "X-Forwarded-For" in headers
            or "Forwarded" in headers
        ):
            raise NotFound
        return
    sent = Authorization.from_header(headers.get("Authorization"))
    password = (sent.password if sent and sent.type == "basic" else None) or ""
    if not hmac.compare_digest(password.encode(), settings.console_password.encode()):
        raise Unauthorized(
            "The console asks for its password.", challenge='Basic realm="console", charset="UTF-8"'
        )


def refuse_other_sites(headers: Headers) -> None:
    """Refuse what a page of another site had the browser send. A browser always says so; curl has nothing to say.

    Raises:
        CrossSite: it comes from elsewhere.

    """
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if (
        site not in ("same-origin", "none")
        if site
        else origin and origin.partition("://")[2] != headers.get("Host")
    ):
        raise CrossSite
