"""The post to the shop's own bot: passes on what is not ours, chat by chat."""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from stars.database.pool import Database
from stars.errors import Busy, DatabaseUnavailable
from stars.live import forwarding
from stars.live.forwarding import Forward, ShopBot
from stars.live.telegram import Telegram

CARRIERS = 8
"""Threads: so many chats are passed on at once. A bot is one program, and has a queue itself."""

IDLE = 0.2
"""Seconds between looks for news when there is none: what a message waits at most."""

TROUBLE_PAUSE = 2.0
"""Seconds to wait when PostgreSQL cannot be asked."""

log = logging.getLogger(__name__)


class Post:
    """Passes on what waits, until it is told to stop."""

    def __init__(self, db: Database, bot: ShopBot, telegram: Telegram) -> None:
        self._db = db
        self._bot = bot
        self._telegram = telegram
        self._carriers = ThreadPoolExecutor(CARRIERS, thread_name_prefix="carrier")
        self._under_way: set[Future[None]] = set()

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping` is set. What is under way then ends."""
        while not stopping.is_set():
            stopping.wait(self._begin(stopping))
        self._carriers.shutdown()

    def _begin(self, stopping: threading.Event) -> float:
        """Begin to pass on what is due; return the seconds until it is worth another look."""
        self._under_way = {future for future in self._under_way if not future.done()}
        free = CARRIERS - len(self._under_way)
        if not free:
            return IDLE
        try:
            claimed = forwarding.claim(self._db, bot_id=self._telegram.bot_id, limit=free)
        except (Busy, DatabaseUnavailable):
            return TROUBLE_PAUSE
        for forward in claimed:
            self._under_way.add(self._carriers.submit(self._carry, forward, stopping))
        return 0 if claimed else IDLE

    def _carry(self, first: Forward, stopping: threading.Event) -> None:
        """Pass on the updates of one chat, one after the other."""
        following: Forward | None = first
        try:
            while following is not None and not stopping.is_set():
                following = forwarding.send(self._db, self._bot, self._telegram, following)
            if following is not None:
                forwarding.give_back(self._db, following)
        except (Busy, DatabaseUnavailable):
            # Its lease runs out, and it is passed on again: at least once.
            log.warning("forward_not_noted", extra={"forward_id": first.forward_id})
        except Exception:
            log.exception("forward_broken", extra={"forward_id": first.forward_id})
