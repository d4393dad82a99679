"""Everything the simulator remembers: bots, users, invoices, payments, the journal. In memory, under the clock's lock."""

import random
import string
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from stars.simulator.clock import Clock
from stars.simulator.faults import Fault
from stars.simulator.settings import Settings

URL_SAFE = string.ascii_letters + string.digits + "-_"


class Refused(Exception):
    """The Bot API's no, in its very words; `body` is the envelope."""

    def __init__(self, why: str, code: int = 400, **parameters: int) -> None:
        description = f"Bad Request: {why}" if code == 400 else why
        self.body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        self.body |= {"parameters": parameters} if parameters else {}


@dataclass
class User:
    """Somebody with Stars."""

    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = "en"
    stars: int = 0

    def shown(self) -> dict[str, Any]:
        """As the Bot API's User."""
        shown = {name: value for name, value in vars(self).items() if value and name != "stars"}
        return shown | {"is_bot": False}


@dataclass
class Update:
    """One update on its way. Those of one queue are delivered one at a time."""

    id: int
    body: dict[str, Any]
    facts: dict[str, Any]  # what a fault's matcher can ask for
    queue: str
    expires_at: float
    wakeup_at: float
    resend_delay: float = 1
    fails: int = 0
    under_way: bool = False


@dataclass
class Bot:
    """One token's bot, and Telegram's side of it."""

    id: int
    token: str
    name: str  # how /sim/ calls it: the number, with "/test" behind it for one of the test environment
    next_update_id: int
    balance: int = 0
    url: str = ""  # of the webhook; empty for none
    secret: str = ""
    max_connections: int = 40
    allowed_updates: list[str] = field(
        default_factory=list
    )  # empty for the default: all that are made here
    updates: list[Update] = field(default_factory=list)
    last_update_at: float = 0
    last_error: tuple[int, str] | None = None
    address: str = ""  # of the simulator, as this bot called it last
    polls: int = 0  # how many getUpdates there were: a newer one ends an older
    messages: Counter[int] = field(default_factory=Counter)  # by chat
    transactions: list[dict[str, Any]] = field(
        default_factory=list
    )  # as getStarTransactions shows them, oldest first

    def shown(self) -> dict[str, Any]:
        """As the Bot API's User."""
        return {
            "id": self.id,
            "is_bot": True,
            "first_name": f"Bot {self.id}",
            "username": f"simulated_{self.id}_bot",
        }


@dataclass(frozen=True)
class Invoice:
    """What a link offers. It can be paid any number of times, by anybody."""

    slug: str
    bot: Bot
    title: str
    description: str
    payload: str
    amount: int
    photo_url: str


@dataclass
class Checkout:
    """One press of Pay; `status` is pending, paid or failed. Its terms are the invoice's, unless a fault bends them."""

    id: str
    invoice: Invoice
    user: User
    payer: User
    amount: int
    currency: str = "XTR"
    status: str = "pending"
    reason: str | None = None
    charge: str | None = None
    refunded: bool = False

    def shown(self) -> dict[str, Any]:
        """For /sim/ and the journal."""
        own = {name: getattr(self, name) for name in ("status", "reason", "amount", "refunded")}
        return (
            own
            | self.facts()
            | {"checkout": self.id, "buyer": self.user.id, "slug": self.invoice.slug}
        )

    def facts(self) -> dict[str, Any]:
        """What a fault's matcher can ask for; `user` is who is to pay."""
        bot, payload = self.invoice.bot.name, self.invoice.payload
        return {"bot": bot, "user": self.payer.id, "payload": payload, "charge": self.charge}


class World:
    """All of it. Whoever reads or changes it holds `lock`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.random = random.Random(settings.seed)
        self.clock = Clock()
        self.lock = self.clock.changed
        self.bots: dict[str, Bot] = {}
        self.users: dict[int, User] = {}
        self.invoices: dict[str, Invoice] = {}
        self.checkouts: dict[str, Checkout] = {}
        self.paid: dict[str, Checkout] = {}  # by charge id
        self.faults: list[Fault] = []
        self.journal: list[dict[str, Any]] = []
        # Makes the call that a webhook's answer may hold: bot_api's, which stands above delivery and is put in later.
        self.carry_out: Callable[[Bot, httpx.Response], None] = lambda bot, answer: None

    def note(self, what: str, **facts: Any) -> None:
        """Write a line into the journal, and wake those who wait for something."""
        self.journal.append(
            {"n": len(self.journal) + 1, "at": round(self.clock.now(), 3), "what": what, **facts}
        )
        self.lock.notify_all()

    def take(self, kind: str, facts: dict[str, Any]) -> Fault | None:
        """The first armed fault of this kind whose matcher fits, used up once."""
        fault = next((one for one in self.faults if one.kind == kind and one.fits(facts)), None)
        if fault:
            fault.times = fault.times and fault.times - 1
            fault.taken += 1
            self.note("fault", kind=kind, id=fault.id, **facts)
        return fault

    def word(self, length: int) -> str:
        """Random letters, digits, - and _."""
        return "".join(self.random.choices(URL_SAFE, k=length))

    def add_user(self, user_id: int = 0, first_name: str = "Buyer") -> User:
        """A new user, of the next free id unless one is given."""
        user_id = user_id or max([1000, *(one for one in self.users if one < 2**40)]) + 1
        self.users[user_id] = User(user_id, first_name)
        return self.users[user_id]
