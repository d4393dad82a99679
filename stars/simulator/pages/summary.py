"""What the home page tells in few words: how each link sold, and the newest of the journal."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from stars.simulator.amounts import Json
from stars.simulator.records import Invoice
from stars.simulator.world import World

SHOWN = 25
DAY = 86_400  # seconds
# The facts of a line that a person wants to see, in this order.
TOLD = (
    "method",
    "update",
    "status",
    "state",
    "reason",
    "user",
    "amount",
    "payload",
    "text",
    "error",
    "kind",
)
BAD = ("payment_failed", "declined", "update_lost", "fault", "chargeback", "subscription_failed")


@dataclass
class Sale:
    """A link, and how often it was paid."""

    invoice: Invoice
    paid: int = 0
    refunded: int = 0
    pending: int = 0

    def told(self) -> str:
        """In words."""
        if self.pending:
            return "waiting for the bot"
        if not self.paid:
            return "not paid"
        times = "paid" if self.paid == 1 else f"paid {self.paid} times"
        return f"{times}, {self.refunded} refunded" if self.refunded else times


@dataclass(frozen=True)
class Line:
    """A line of the journal, for people."""

    number: int
    at: datetime
    what: str
    facts: list[tuple[str, object]]
    tone: str  # "", "good", "bad" or "warn"


def sales(world: World) -> list[Sale]:
    """The newest links, and how each sold."""
    newest = list(world.invoices.values())[: -SHOWN - 1 : -1]
    found = {invoice.slug: Sale(invoice) for invoice in newest}
    for checkout in world.checkouts.values():
        sale = found.get(checkout.invoice.slug)
        if sale:
            sale.paid += checkout.status == "paid"
            sale.refunded += checkout.refunded
            sale.pending += checkout.status == "pending"
    return list(found.values())


def news(world: World) -> list[Line]:
    """The newest lines of the journal. Polls are left out: there are too many of them."""
    lines: list[Line] = []
    for entry in reversed(world.journal):
        if len(lines) == SHOWN:
            break
        if str(entry.get("method", "")).lower() != "getupdates":
            lines.append(_line(entry))
    return lines


def origin(url: str) -> str:
    """The beginning of an address, without path and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def every(seconds: int) -> str:
    """How often a subscription of this period is paid, in words."""
    days, rest = divmod(seconds, DAY)
    return f"every {seconds} seconds" if rest else f"every {days} days"


def moment(unix_time: int) -> str:
    """A moment in UTC, in words."""
    return datetime.fromtimestamp(unix_time, UTC).strftime("%d %b %Y, %H:%M:%S UTC")


def _line(entry: Json) -> Line:
    facts = [(name, entry[name]) for name in TOLD if entry.get(name) is not None]
    answer = entry.get("answer")
    if isinstance(answer, dict) and not answer["ok"]:
        facts.append(("answer", answer["description"]))
    at = datetime.fromtimestamp(entry["at"], UTC)
    return Line(entry["n"], at, entry["what"], facts, _tone(entry))


def _tone(entry: Json) -> str:
    answer = entry.get("answer")
    refused = isinstance(answer, dict) and not answer["ok"]
    failed = entry["what"] == "delivery" and entry["status"] not in range(200, 300)
    if refused or failed or entry["what"] in BAD:
        return "bad"
    return {"payment": "good", "warning": "warn"}.get(entry["what"], "")
