"""What the simulator remembers: users, bots, chats, invoices, checkouts, subscriptions."""

from dataclasses import dataclass, field
from typing import Literal

from stars.simulator.amounts import NANO, Json, whole_stars
from stars.simulator.deliveries import Update, Webhook


@dataclass
class User:
    """Somebody with Stars."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = "en"
    stars: int = 0

    def shown(self) -> Json:
        """As the Bot API's User."""
        shown = {name: value for name, value in vars(self).items() if value and name != "stars"}
        return shown | {"is_bot": False}


@dataclass
class Chat:
    """The private chat of a bot and a user."""

    user: User
    messages: dict[int, Json] = field(default_factory=dict)  # Messages, by their ids
    newest_id: int = 0
    offers: dict[int, "Offer"] = field(default_factory=dict)  # by the id of the invoice message
    keyboard: list[list[str]] = field(default_factory=list)  # what its buttons would send
    menu_button: Json | None = None
    action: str = ""  # like "typing", until the next message or `action_until`
    action_until: float = 0
    changes: int = 0  # how often anything of it changed, for those who watch


@dataclass
class Profile:
    """What a bot tells of itself, by language; "" is for all other languages."""

    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    # By scope, as JSON with sorted keys, and language.
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    menu_button: Json = field(default_factory=lambda: {"type": "default"})


@dataclass
class Bot:
    """One token's bot, and Telegram's side of it."""

    id: int
    token: str
    name: str  # how /sim/ calls it: the number, and "/test" after it in the test environment
    next_update_id: int
    nanostars: int = 0  # all that it has, in parts of a Star; below zero after a chargeback
    affiliates: dict[int, "Affiliate"] = field(default_factory=dict)  # by whom they referred
    webhook: Webhook = field(default_factory=Webhook)
    allowed_updates: list[str] = field(default_factory=list)  # empty: all kinds
    updates: list[Update] = field(default_factory=list)
    last_update_at: float = 0
    last_error: tuple[int, str] | None = None
    address: str = ""  # of the simulator, as this bot called it last
    polls: int = 0  # how many getUpdates there were: a newer one ends an older
    profile: Profile = field(default_factory=Profile)
    chats: dict[int, Chat] = field(default_factory=dict)  # by user id
    transactions: list[Json] = field(default_factory=list)  # StarTransactions, oldest first

    def shown(self) -> Json:
        """As the Bot API's User."""
        return {
            "id": self.id,
            "is_bot": True,
            "first_name": self.profile.names.get("") or f"Bot {self.id}",
            "username": self.username(),
        }

    @property
    def balance(self) -> int:
        """Its whole Stars, rounded to 0 as Telegram does."""
        return whole_stars(self.nanostars)[0]

    def is_test(self) -> bool:
        """Whether it is of Telegram's test environment."""
        return self.name.endswith("/test")

    def username(self) -> str:
        """Its name in links and commands."""
        return f"simulated_{self.id}_bot"


@dataclass(frozen=True)
class Affiliate:
    """Who brought a buyer, and gets a share of what that one pays: a user or a channel."""

    commission_per_mille: int
    user: User | None = None
    channel: str = ""

    def shown(self) -> Json:
        """As in the Bot API's AffiliateInfo."""
        about: Json = {"commission_per_mille": self.commission_per_mille}
        if self.user:
            return about | {"affiliate_user": self.user.shown()}
        return about | {"affiliate_chat": channel(self.channel)}


def channel(title: str) -> Json:
    """As the Bot API's Chat. All channels have one id, since nobody looks."""
    return {"id": -1_001_000_000_001, "type": "channel", "title": title}


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
    period: int = 0  # seconds that one payment lasts; 0: it is no subscription


@dataclass
class Subscription:
    """What somebody pays for once a period, until it is cancelled or a payment fails."""

    id: str  # the charge of its first payment
    invoice: Invoice
    payer: User
    expires_at: int  # Unix time up to which it is paid
    canceled: bool = False
    canceled_by_bot: bool = False  # then the payer may not take it up again
    failed: bool = False
    ended: bool = False
    payments: int = 0

    def state(self) -> str:
        """In one word."""
        if self.failed:
            return "failed"
        if self.ended:
            return "expired"
        return "canceled" if self.canceled else "active"

    def shown(self) -> Json:
        """For /sim/ and the journal."""
        return {
            "subscription": self.id,
            "state": self.state(),
            "canceled_by_bot": self.canceled_by_bot,
            "expires_at": self.expires_at,
            "payments": self.payments,
            "period": self.invoice.period,
            "amount": self.invoice.amount,
            "bot": self.invoice.bot.name,
            "user": self.payer.id,
            "payload": self.invoice.payload,
            "slug": self.invoice.slug,
        }


@dataclass
class Checkout:
    """One press of Pay, or the renewal of a subscription.

    Its terms are the invoice's, unless a fault changes them.
    """

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
    subscription: Subscription | None = None  # of a first payment only once it is paid
    renewal: bool = False
    paid_until: int = 0  # Unix time, of a payment for a period
    affiliate: Affiliate | None = None

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

    def commission(self) -> int:
        """Parts of a Star that go to the affiliate."""
        if self.affiliate is None:
            return 0
        return self.amount * NANO * self.affiliate.commission_per_mille // 1000

    def earned(self) -> int:
        """Parts of a Star that the bot gets."""
        return self.amount * NANO - self.commission()

    def facts(self) -> Json:
        """What a fault's matcher can ask for; `user` is who is to pay."""
        return {
            "bot": self.invoice.bot.name,
            "user": self.payer.id,
            "payload": self.invoice.payload,
            "charge": self.charge,
            "renewal": self.renewal,
        }


@dataclass
class Offer:
    """An invoice that stands in a chat as a message, and what became of it there."""

    invoice: Invoice
    checkout: Checkout | None = None  # the newest

    def paid(self) -> bool:
        """Whether the message shows a receipt in place of the Pay button."""
        return self.checkout is not None and self.checkout.status == "paid"


@dataclass
class Press:
    """A press of a button that asks the bot: a callback query, and the bot's answer to it."""

    id: str
    bot: Bot
    user: User
    answered: bool = False
    text: str = ""
    show_alert: bool = False
    url: str = ""

    def shown(self) -> Json:
        """For /sim/."""
        return {
            "callback_query": self.id,
            "answered": self.answered,
            "text": self.text,
            "show_alert": self.show_alert,
            "url": self.url,
        }


@dataclass(frozen=True)
class File:
    """A file that a bot has sent. `source` is where it is, if it did not come with a call."""

    id: str
    unique_id: str
    path: str
    content_type: str
    content: bytes | None = None
    source: str = ""
