"""Seed: purchases with made-up histories, to develop and to measure with."""

import random
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from stars.database.pool import Database
from stars.database.queries import queries

AT_ONCE = 10_000
"""Purchases in one statement: a fraction of a second, so that whoever watches sees progress."""


def make_purchases(
    db: Database,
    *,
    count: int,
    days: int,
    seed: int,
    on_progress: Callable[[int], object] = lambda made: None,
) -> str:
    """Make purchases, and return their run: they are called seed-RUN-1 to seed-RUN-COUNT.

    Args:
        db: where purchases are.
        count: how many.
        days: over how many days before now they are spread.
        seed: the same histories are made for the same number.
        on_progress: called after each part, with how many purchases that made.

    Raises:
        Busy, DatabaseUnavailable: what was made until then stays.

    """
    draw = random.Random(seed)
    run = secrets.token_hex(6)
    seeded_at = datetime.now(UTC)
    for first in range(1, count + 1, AT_ONCE):
        last = min(count, first + AT_ONCE - 1)
        with db.unhurried_transaction() as conn:
            queries.set_seed(conn, seed=draw.uniform(-1, 1))
            queries.seed_purchases(
                conn,
                run=run,
                seeded_at=seeded_at,
                days=days,
                total=count,
                first=first,
                last=last,
            )
        on_progress(last - first + 1)
    with db.unhurried_transaction() as conn:
        # The planner learns of them now, not when autovacuum comes by.
        conn.execute("ANALYZE purchases, events")
    return run
