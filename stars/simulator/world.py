"""The simulated world: bots, users, invoices, payments and the journal, in memory."""

import random
import string
from collections.abc import Callable
from typing import Any

from stars.simulator.amounts import Json
from stars.simulator.clients import Clients
from stars.simulator.clock import Clock
from stars.simulator.deliveries import Reply
from stars.simulator.faults import Fault
from stars.simulator.records import Bot, Checkout, File, Invoice, Press, Subscription, User
from stars.simulator.settings import Settings

URL_SAFE = string.ascii_letters + string.digits + "-_"
# Ids above are those of users that a test chose; new users get the next one below.
HIGHEST_COUNTED_ID = 2**40
FIRST_USER_ID = 1001
# Real seconds that deliveries under way get to end when the world is closed.
PATIENCE = 2


class World:
    """All state. Whoever reads or changes it holds `lock`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.random = random.Random(settings.seed)
        self.clock = Clock(settings.begins_ago)
        self.lock = self.clock.changed
        self.bots: dict[str, Bot] = {}
        self.users: dict[int, User] = {}
        self.invoices: dict[str, Invoice] = {}
        self.checkouts: dict[str, Checkout] = {}
        self.paid: dict[str, Checkout] = {}  # by charge id
        self.subscriptions: dict[str, Subscription] = {}  # by the first charge's id
        self.presses: dict[str, Press] = {}  # by callback query id
        self.files: dict[str, File] = {}  # by file id
        self.faults: list[Fault] = []
        self.journal: list[Json] = []
        self.clients = Clients()
        # Makes the call that a webhook's reply may hold. create_app puts it in: that code
        # stands above the code that delivers.
        self.on_reply: Callable[[Bot, Reply], None] = lambda bot, reply: None
        self.clock.start()

    def close(self) -> None:
        """End the clock's thread and the connections to webhooks."""
        self.clock.close(PATIENCE)
        self.clients.close()

    def note(self, what: str, **facts: Any) -> None:
        """Write a line into the journal, and wake those who wait for something."""
        number = len(self.journal) + 1
        self.journal.append(
            {"n": number, "at": round(self.clock.now(), 3), "what": what, **facts},
        )
        self.lock.notify_all()

    def take(self, kind: str, facts: Json) -> Fault | None:
        """Return the first armed fault of this kind that fits, and count it as used once."""
        for fault in self.faults:
            if fault.kind == kind and fault.fits(facts):
                fault.use()
                self.note("fault", kind=kind, id=fault.id, **facts)
                return fault
        return None

    def word(self, length: int) -> str:
        """Random letters, digits, - and _."""
        return "".join(self.random.choices(URL_SAFE, k=length))

    def add_user(self, user_id: int = 0, first_name: str = "Buyer") -> User:
        """Add a user, with the next free id unless one is given."""
        user = User(user_id or self._next_user_id(), first_name)
        self.users[user.id] = user
        return user

    def _next_user_id(self) -> int:
        counted = [one for one in self.users if one < HIGHEST_COUNTED_ID]
        return max([FIRST_USER_ID - 1, *counted]) + 1
