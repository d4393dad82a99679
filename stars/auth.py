"""Who is calling: the user id from verified Mini App launch data or, in mock mode alone, from a header."""

from datetime import UTC, datetime, timedelta

from init_data_py import errors as init_data_errors
from init_data_py import validate_by_hash
from werkzeug.datastructures import Headers

from stars.config import Settings
from stars.errors import Unauthorized
from stars.schemas import IDENTIFIER

LIFETIME = timedelta(hours=24)  # clients do send launch data that is hours old
CLOCK_SKEW = timedelta(minutes=1)


def identify(settings: Settings, headers: Headers) -> str:
    """The caller's user id.

    Raises:
        Unauthorized: nobody is named, or what is sent does not hold (G23). The reason never repeats what was sent.

    """
    scheme, _, launch_data = headers.get("Authorization", "").partition(" ")
    named = headers.get("X-User-Id")
    if scheme.lower() == "tma":  # another scheme is not ours to judge: a staging site may stand behind a password
        user_id = verify(launch_data.strip(), settings.telegram_bot_token)
        if named not in (None, user_id):
            raise Unauthorized("X-User-Id names another user than the launch data.")
        return user_id
    if settings.mode != "mock":
        raise Unauthorized
    if named is None or not IDENTIFIER.fullmatch(named):
        raise Unauthorized("Send X-User-Id: <1-64 of A-Za-z0-9._:->, or Authorization: tma <initData>.")
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
        raise Unauthorized("The launch data is older than 24 hours: open the Mini App again.") from None
    except init_data_errors.InvalidInitDataError:
        raise Unauthorized("The launch data does not carry this bot's signature.") from None
    if data.user is None or data.issued_at > datetime.now(UTC) + CLOCK_SKEW:
        raise Unauthorized("The launch data names no user, or is dated in the future.")
    return str(data.user.id)
