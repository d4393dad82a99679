"""The bot's balance: what moved it, what can be taken out, what expires, what nobody explains.

All amounts are in nanostars, of which a Star has 10**9: an affiliate's share is seldom whole.
https://telegram.org/tos/bot-developers#6-2 has the rules of earned Stars.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.amounts import plain_stars
from stars.live.telegram import Telegram

HELD_FOR = timedelta(days=21)
"""A Star that was earned cannot be taken out before."""

LASTS = timedelta(days=3 * 365)
"""A Star that was not taken out by then is lost."""

SALES = ("sold", "refunded", "commission")
"""What is told apart. Every other kind of movement is `other`."""

TAKEN_OUT = "withdrawal"

COLUMNS = ("period", *SALES, "other", "balance")
"""Of a spreadsheet: what a Line has."""


@dataclass(frozen=True, kw_only=True)
class Movement:
    """What one kind came to on one day of UTC: above zero if it came in."""

    day: date
    kind: str
    nanostars: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a day (2026-11-25) or a month (2026-11) came to, and the balance after it."""

    period: str
    sold: int
    refunded: int
    commission: int
    other: int
    balance: int

    @property
    def came_to(self) -> int:
        """What the balance moved by."""
        return self.sold + self.refunded + self.commission + self.other

    @property
    def came_in(self) -> int:
        """What was earned, by the kinds that came to more than nothing."""
        return sum(max(0, one) for one in (self.sold, self.commission, self.other))

    @property
    def went_out(self) -> int:
        """What is gone, by the others: below zero."""
        return self.came_to - self.came_in


@dataclass(frozen=True, kw_only=True)
class Balance:
    """All that is known of a bot's balance.

    `told` is what Telegram said at `told_at`, None if it was never asked. `held` came in less than
    HELD_FOR ago. `unlisted_sold` and `unlisted_refunded` we know of, and Telegram lists them not
    yet; the latter is below zero.
    """

    movements: tuple[Movement, ...]
    told: int | None
    told_at: datetime | None
    held: int
    unlisted_sold: int
    unlisted_refunded: int

    @property
    def listed(self) -> int:
        """The balance by Telegram's own list."""
        return sum(movement.nanostars for movement in self.movements)

    @property
    def difference(self) -> int:
        """By how much what Telegram said is more than its list."""
        return 0 if self.told is None else self.told - self.listed

    @property
    def unexplained(self) -> int:
        """What is left of the difference without what is not listed yet."""
        known = self.unlisted_sold + self.unlisted_refunded
        return 0 if self.difference == known else self.difference

    @property
    def available(self) -> int:
        """What can be taken out now."""
        balance = self.listed if self.told is None else self.told
        return max(0, balance - self.held)

    def by_kind(self) -> dict[str, int]:
        """Return what each kind came to: sales first, then the others as they are called."""
        sums: Counter[str] = Counter()
        for movement in self.movements:
            sums[movement.kind] += movement.nanostars
        others = sorted(kind for kind in sums if kind not in SALES)
        return {kind: sums[kind] for kind in (*SALES, *others)}

    def expiring(self, *, until: date) -> int:
        """Return what will be lost by `until` unless it is taken out.

        What goes out is taken from the oldest Stars. The day of a Star's end is not counted in.
        """
        earned_before = until - LASTS
        earned = 0
        gone = 0
        for movement in self.movements:
            if movement.nanostars < 0 or movement.kind == TAKEN_OUT:
                gone -= movement.nanostars
            elif movement.day < earned_before:
                earned += movement.nanostars
        return max(0, earned - gone)

    def lines(self, *, by_month: bool) -> list[Line]:
        """Return what each period came to in which something moved, oldest first."""
        periods: dict[str, Counter[str]] = {}
        for movement in self.movements:
            period = movement.day.isoformat()
            if by_month:
                period = period[: len("2026-11")]
            kind = movement.kind if movement.kind in SALES else "other"
            periods.setdefault(period, Counter())[kind] += movement.nanostars
        return _with_balances(periods)


def _with_balances(periods: dict[str, Counter[str]]) -> list[Line]:
    lines = []
    balance = 0
    for period, sums in periods.items():
        balance += sums.total()
        line = Line(
            period=period,
            sold=sums["sold"],
            refunded=sums["refunded"],
            commission=sums["commission"],
            other=sums["other"],
            balance=balance,
        )
        lines.append(line)
    return lines


def ask(db: Database, telegram: Telegram) -> None:
    """Ask Telegram for the balance, and keep what it says.

    Raises:
        TelegramError: nobody knows. What was kept before stays.
        Busy, DatabaseUnavailable: it is not kept.

    """
    nanostars = telegram.star_balance_in_parts()
    db.fetch_one(queries.note_balance, bot_id=telegram.bot_id, nanostars=nanostars)


def read(db: Database, *, bot_id: int, unhurried: bool = False) -> Balance:
    """Return all that is known of a bot's balance. Asks nobody.

    Args:
        db: where the list is kept.
        bot_id: whose balance.
        unhurried: it may take as long as it needs: it looks at everything there ever was.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell, or not in a request's time.

    """
    with db.unhurried_transaction() if unhurried else db.connection() as conn:
        told = queries.told_balance(conn, bot_id=bot_id)
        days: Sequence[tuple[date, str, int]] = list(queries.list_movements(conn, bot_id=bot_id))
        held = queries.count_held(conn, bot_id=bot_id, held_for=HELD_FOR)
        unlisted_sold, went_back = queries.sum_unlisted(conn, bot_id=bot_id)
    movements = [
        Movement(day=day, kind=kind, nanostars=int(nanostars)) for day, kind, nanostars in days
    ]
    return Balance(
        movements=tuple(movements),
        told=int(told[0]) if told else None,
        told_at=told[1] if told else None,
        held=int(held),
        unlisted_sold=int(unlisted_sold),
        unlisted_refunded=-int(went_back),
    )


def spreadsheet(lines: Iterable[Line]) -> Iterator[str]:
    """Yield a CSV file row by row: the heading, then a row a line."""
    yield ",".join(COLUMNS) + "\r\n"
    for line in lines:
        yield ",".join(cells(line)) + "\r\n"


def cells(line: Line) -> list[str]:
    """Return a line for a spreadsheet: amounts are decimal numbers of Stars."""
    amounts = (line.sold, line.refunded, line.commission, line.other, line.balance)
    return [line.period, *(plain_stars(amount) for amount in amounts)]


def today() -> date:
    """Return the day of UTC."""
    return datetime.now(UTC).date()
