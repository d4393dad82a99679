"""Entitlements: what a user owns now, bought once or for a time."""

from datetime import datetime
from typing import Literal, TypedDict

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.subscriptions import State
from stars.domain.types import Mode


class Entitlement(TypedDict):
    """Something that a user owns. Times are RFC 3339 in UTC.

    `until` and `state` are a subscription's, and None for what was bought once.
    """

    purchase_id: str
    item_id: str
    purchase_type: str
    kind: Literal["purchase", "subscription"]
    created_at: str
    since: str
    until: str | None
    state: State | None
    fulfilled_at: str | None


def find(
    db: Database,
    *,
    user_id: str,
    mode: Mode,
    limit: int = 20,
    after: tuple[datetime, str] | None = None,
) -> list[Entitlement]:
    """Return what a user owns, what was bought last first.

    Args:
        db: where purchases are.
        user_id: who owns it.
        mode: in which mode it was bought.
        limit: how many at most.
        after: created_at and purchase_id of the last one of the page before.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    after_at, after_id = after or (None, None)
    rows = db.fetch_all(
        queries.list_entitlements,
        user_id=user_id,
        mode=mode,
        after_at=after_at,
        after_id=after_id,
        max_rows=limit,
    )
    return [entitlement for (entitlement,) in rows]
