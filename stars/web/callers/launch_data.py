"""Launch data of a Mini App: what Telegram signs to say who has opened it."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from init_data_py import errors as init_data_errors
from init_data_py import validate_by_hash

from stars.errors import Unauthorized

LIFETIME = timedelta(hours=24)
"""Clients do send launch data that is hours old."""

READABLE_FOR = timedelta(hours=48)
"""How old it may be for who has started a purchase to read how that ends.

As long again as it can start one: an invoice of its last minute is paid within the day, or never.
"""

CLOCK_TOLERANCE = timedelta(minutes=10)
"""By how much our clock may be behind the date of launch data.

Telegram has signed that date, so one that lies ahead tells of our clock and not of a forger. What
is accepted early is accepted for that much longer, no more. A clock that is off by more than this
is set, not put up with.
"""

NOTED_SKEW = timedelta(minutes=1)
"""From here on the operator is told. Less is the ordinary drift of a phone or a server."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Who has opened the Mini App, and until when what Telegram signed is good for all calls."""

    user_id: str
    valid_until: datetime


def verify(launch_data: str, bot_token: str | None) -> Launch:
    """Return what launch data says that this bot signed at most READABLE_FOR ago.

    https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app

    Raises:
        Unauthorized: it cannot be verified, or does not hold.

    """
    if bot_token is None:
        raise Unauthorized("Launch data cannot be verified here: TELEGRAM_BOT_TOKEN is not set.")
    try:
        data = validate_by_hash(launch_data, bot_token, expires_in=READABLE_FOR)
    except init_data_errors.ExpiredError:
        raise expired() from None
    except init_data_errors.InvalidInitDataError:
        raise Unauthorized("The launch data does not carry this bot's signature.") from None
    if data.user is None:
        raise Unauthorized("The launch data names no user.")
    _check_date(data.issued_at)
    return Launch(user_id=str(data.user.id), valid_until=data.issued_at + LIFETIME)


def expired() -> Unauthorized:
    """Return the refusal of launch data that is too old."""
    return Unauthorized("The launch data is older than 24 hours: open the Mini App again.")


def _check_date(issued_at: datetime) -> None:
    """Raise Unauthorized for a date far ahead; tell the operator of one that is ahead at all."""
    ahead = issued_at - datetime.now(UTC)
    if ahead > CLOCK_TOLERANCE:
        raise Unauthorized("The launch data is dated in the future.")
    if ahead > NOTED_SKEW:
        log.warning("clock_behind", extra={"seconds": round(ahead.total_seconds())})
