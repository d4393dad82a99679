"""Forwarding: what is not ours is passed on to the shop's own bot, as it came (N6).

As with notifications: a forward is claimed for a while, sent with nothing locked, and sent again
until it has arrived.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from stars.config import Settings
from stars.database.pool import Database
from stars.database.queries import queries
from stars.live import bot_answers
from stars.live.documents import storable
from stars.live.telegram import Telegram
from stars.outgoing import Caller, Outcome

SECRET_HEADER = "x-telegram-bot-api-secret-token"

SECONDS = 15.0
"""For an attempt. A bot that answers Telegram at all does it faster."""

LEASE = timedelta(seconds=2 * SECONDS)
"""An attempt takes half of that at most; if its worker dies, another one tries again after it."""

CHECKOUT_SECONDS = 7.0
"""For a pre-checkout query: Telegram waits ten for what comes of it."""

MAX_ANSWER = 1024 * 1024
"""Bytes of what a bot answers. A call with a file in it may be long."""

LONGEST_PAUSE = timedelta(seconds=60)
"""Pauses double from one second up to this, as Telegram's do."""

LONGEST_RETRY_AFTER = timedelta(hours=1)

GIVEN_UP_AFTER = timedelta(hours=24)
"""As Telegram gives a message up."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ShopBot:
    """The shop's own bot at `url`, which knows us by `secret`."""

    url: str
    secret: str
    caller: Caller

    @classmethod
    def from_settings(cls, settings: Settings, caller: Caller) -> "ShopBot | None":
        """Return the bot that these settings name, None if they name none."""
        if settings.forward_updates_url is None or settings.forward_updates_secret is None:
            return None
        return cls(
            url=settings.forward_updates_url,
            secret=settings.forward_updates_secret,
            caller=caller,
        )

    def tell(self, body: str) -> Outcome:
        """Pass an update on, byte for byte."""
        return self.caller.post(
            url=self.url,
            headers={SECRET_HEADER: self.secret},
            body=body.encode(),
            seconds=SECONDS,
            max_bytes=MAX_ANSWER,
        )

    def ask(self, body: str) -> Outcome:
        """Pass a pre-checkout query on in the same way. Telegram waits for the answer."""
        return self.caller.ask(
            url=self.url,
            headers={SECRET_HEADER: self.secret},
            body=body.encode(),
            seconds=CHECKOUT_SECONDS,
            max_bytes=MAX_ANSWER,
        )


@dataclass(frozen=True, kw_only=True)
class Forward:
    """An update that its claimer alone may pass on until the lease is over."""

    forward_id: int
    body: str
    attempts: int
    age: timedelta


def claim(db: Database, *, bot_id: int, limit: int) -> list[Forward]:
    """Claim the first update of each chat, where it is due, `limit` at most.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell. What is claimed is due again after LEASE.

    """
    rows = db.fetch_all(queries.claim_forwards, bot_id=bot_id, max_claims=limit, lease=LEASE)
    return [_forward(row) for row in rows]


def send(db: Database, bot: ShopBot, telegram: Telegram, forward: Forward) -> Forward | None:
    """Pass an update on, and do what the bot answers.

    Returns:
        The next one of its chat, which is claimed then; None if there is none, or this one has to
        be passed on first.

    Raises:
        Busy, DatabaseUnavailable: it is passed on again after LEASE: at least once.

    """
    outcome = bot.tell(forward.body)
    if outcome.is_success:
        following = _finish(db, forward)
        bot_answers.carry_out(telegram, outcome)
        return following
    about = {
        "forward_id": forward.forward_id,
        "attempts": forward.attempts,
        "reason": outcome.error,
    }
    if forward.age > GIVEN_UP_AFTER:
        log.error("forward_given_up", extra=about)
        return _finish(db, forward)
    log.warning("forward_failed", extra=about)
    db.fetch_one(
        queries.postpone_forward,
        forward_id=forward.forward_id,
        error=storable(outcome.error or ""),
        pause=next_pause(forward.attempts, outcome),
    )
    return None


def give_back(db: Database, forward: Forward) -> None:
    """Let somebody else pass on what was claimed. Raises Busy, DatabaseUnavailable."""
    db.fetch_one(
        queries.postpone_forward, forward_id=forward.forward_id, error=None, pause=timedelta(0)
    )


def next_pause(attempts: int, outcome: Outcome) -> timedelta:
    """Return how long to wait after so many attempts."""
    usual = min(timedelta(seconds=2 ** min(attempts - 1, 10)), LONGEST_PAUSE)
    if outcome.retry_after is None:
        return usual
    asked = min(timedelta(seconds=outcome.retry_after), LONGEST_RETRY_AFTER)
    return max(usual, asked)


def count_waiting(db: Database, *, bot_id: int) -> int:
    """Return how many updates wait. Raises Busy, DatabaseUnavailable."""
    return int(db.fetch_one(queries.count_forwards, bot_id=bot_id))


def _finish(db: Database, forward: Forward) -> Forward | None:
    row = db.fetch_one(queries.finish_forward, forward_id=forward.forward_id, lease=LEASE)
    return None if row is None else _forward(row)


def _forward(row: tuple[int, str, int, timedelta]) -> Forward:
    forward_id, body, attempts, age = row
    return Forward(forward_id=forward_id, body=body, attempts=attempts, age=age)
