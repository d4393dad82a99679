"""Launch data of a Mini App: what Telegram signs to say who has opened it."""

from datetime import UTC, datetime, timedelta

from init_data_py import errors as init_data_errors
from init_data_py import validate_by_hash

from stars.errors import Unauthorized

LIFETIME = timedelta(hours=24)
"""Clients do send launch data that is hours old."""

CLOCK_SKEW = timedelta(minutes=1)


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
