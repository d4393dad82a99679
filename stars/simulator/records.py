"""What the simulator remembers: users, bots, their webhooks and updates, invoices and checkouts."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]


@dataclass
class User:
    """Somebody with Stars."""

    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = "en"
    stars: int = 0

    def shown(self) -> Json:
        """As the Bot API's User."""
        shown = {name: value for name, value in vars(self).items() if value and name != "stars"}
        return shown | {"is_bot": False}


@dataclass
class Update:
    """One update on its way. Those of one queue are delivered one at a time."""

    id: int
    body: Json
    facts: Json  # what a fault's matcher can ask for
    queue: str
    expires_at: float
    wakeup_at: float
    resend_delay: float = 1
    fails: int = 0
    under_way: bool = False


@dataclass(frozen=True)
class Webhook:
    """Where a bot wants its updates; without a url it has no webhook."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40


@dataclass(frozen=True)
class Reply:
    """What a webhook answered to one update; `error` tells why there is no answer."""

    status: int | None = None
    reason: str = ""
    content: bytes = b""
    content_type: str = ""
    text: str = ""
    retry_after: str = ""
    error: str = ""

    def accepted(self) -> bool:
        """Whether the update counts as delivered."""
        return self.status is not None and 200 <= self.status < 300


@dataclass
class Bot:
    """One token's bot, and Telegram's side of it."""

    id: int
    token: str
    name: str  # how /sim/ calls it: the number, and "/test" after it in the test environment
    next_update_id: int
    balance: int = 0
    webhook: Webhook = Webhook()
    allowed_updates: list[str] = field(default_factory=list)  # empty: all kinds
    updates: list[Update] = field(default_factory=list)
    last_update_at: float = 0
    last_error: tuple[int, str] | None = None
    address: str = ""  # of the simulator, as this bot called it last
    polls: int = 0  # how many getUpdates there were: a newer one ends an older
    message_ids: Counter[int] = field(default_factory=Counter)  # the newest, by chat
    transactions: list[Json] = field(default_factory=list)  # StarTransactions, oldest first

    def shown(self) -> Json:
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
    """One press of Pay. Its terms are the invoice's, unless a fault changes them."""

    id: str
    invoice: Invoice
    user: User  # who pressed
    payer: User
    amount: int
    currency: str = "XTR"
    status: Literal["pending", "paid", "failed"] = "pending"
    reason: str | None = None
    charge: str | None = None
    refunded: bool = False

    def shown(self) -> Json:
        """For /sim/ and the journal."""
        return {
            "status": self.status,
            "reason": self.reason,
            "amount": self.amount,
            "refunded": self.refunded,
            **self.facts(),
            "checkout": self.id,
            "buyer": self.user.id,
            "slug": self.invoice.slug,
        }

    def facts(self) -> Json:
        """What a fault's matcher can ask for; `user` is who is to pay."""
        return {
            "bot": self.invoice.bot.name,
            "user": self.payer.id,
            "payload": self.invoice.payload,
            "charge": self.charge,
        }
