"""Looking for purchases: by filters, page by page or all of them; or by a word of theirs."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.types import Mode, Purchase

AT_ONCE = 500  # purchases in one statement: some milliseconds, and under a megabyte
MOST_FOUND = 50  # by a word: more than a person looks through


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What purchases must have; None for any. They were created in [since, until).

    The fields are the parameters of the statements, by name.
    """

    status: str | None = None
    user_id: str | None = None
    item_id: str | None = None
    mode: Mode | None = None
    purchase_type: str | None = None
    source: str | None = None
    channel: str | None = None
    fulfilled: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Totals:
    """How many purchases there are, and how many Stars they cost together."""

    count: int
    stars: int


def find_page(
    db: Database, filters: Filters, *, limit: int, after: tuple[datetime, str] | None = None
) -> list[Purchase]:
    """Return the newest purchases that fit.

    Args:
        db: where purchases are.
        filters: what they must have.
        limit: how many at most.
        after: created_at and purchase_id of the last one of the page before.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    after_at, after_id = after or (None, None)
    rows = db.fetch_all_planned_anew(
        queries.list_purchases,
        **asdict(filters),
        after_at=after_at,
        after_id=after_id,
        max_rows=limit,
    )
    return [purchase for (purchase,) in rows]


def each(db: Database, filters: Filters) -> Iterator[Purchase]:
    """Yield every purchase that fits, newest first. No connection is held in between.

    Raises as find_page, also after some have been yielded.
    """
    after = None
    while True:
        page = find_page(db, filters, limit=AT_ONCE, after=after)
        yield from page
        if len(page) < AT_ONCE:
            return
        last = page[-1]
        after = (datetime.fromisoformat(last["created_at"]), last["purchase_id"])


def total(db: Database, filters: Filters) -> Totals:
    """Return what the purchases that fit sum up to.

    Raises:
        Busy: there are more than can be counted in the time of a request.
        DatabaseUnavailable: nobody can tell.

    """
    [(count, stars)] = db.fetch_all_planned_anew(queries.total_purchases, **asdict(filters))
    return Totals(count, stars)


def by_word(db: Database, word: str) -> list[Purchase]:
    """Return the newest purchases that somebody may mean.

    Args:
        db: where purchases are.
        word: the beginning of a purchase_id; or a whole user_id, item_id, charge id or request id.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    for statement in (queries.search_by_index, queries.search_everywhere):
        rows = db.fetch_all_planned_anew(statement, word=word, max_rows=MOST_FOUND)
        if rows:
            return [purchase for (purchase,) in rows]
    return []
