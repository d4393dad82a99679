"""Personal data: all that is kept of one user, in any mode, exported or forgotten (S4).

https://telegram.org/tos/bot-developers#4-2 asks for both.
"""

import json
import logging
from collections import defaultdict
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import pseudonyms
from stars.domain.types import Json
from stars.errors import NotForgotten, UserNotFound
from stars.live import kept_documents
from stars.live.documents import Unreadable, parse_json

log = logging.getLogger(__name__)

Connection = psycopg.Connection[TupleRow]
Export = dict[str, list[Any]]
"""Rows by table, and what Telegram said under `telegram_updates` and `star_transactions`."""


def export(db: Database, *, user_id: str) -> Export:
    """Return everything that is kept of a user.

    Raises:
        UserNotFound: nothing is.
        Busy, DatabaseUnavailable: nobody can tell.

    """
    found: Export = defaultdict(list)
    with db.unhurried_transaction() as conn:
        for table, row in queries.export_rows(conn, user_id=user_id):
            found[table].append(row)
        for _, _, document in _updates_of(conn, user_id):
            found["telegram_updates"].append(document)
        for _, _, body in _transactions_of(conn, user_id):
            found["star_transactions"].append(body)
    if not found:
        raise UserNotFound(f"Nothing is kept of the user {user_id}.")
    return dict(found)


def forget(db: Database, *, user_id: str, request_id: str) -> str:
    """Put a pseudonym in the place of a user, everywhere at once, and return it.

    What they bought, paid and got back stays as it is, so do all sums. It cannot be undone.

    Raises:
        UserNotFound: nothing is kept of them.
        NotForgotten: something is under way for them. Nothing was changed.
        Busy, DatabaseUnavailable: nothing was changed, or nobody can tell. Asking again is safe.

    """
    pseudonym = pseudonyms.new()
    with db.unhurried_transaction() as conn:
        reason = queries.why_not_forgotten(conn, user_id=user_id)
        if reason:
            raise NotForgotten(f"The user {user_id} cannot be forgotten yet: {reason}.")
        changes = _count_rows(conn, user_id)
        purchases = queries.forget_user(
            conn, user_id=user_id, pseudonym=pseudonym, request_id=request_id
        )
        changes += _forget_updates(conn, user_id, pseudonym)
        changes += _forget_transactions(conn, user_id, pseudonym)
        if not changes:
            raise UserNotFound(f"Nothing is kept of the user {user_id}.")
    log.info("user_forgotten", extra={"pseudonym": pseudonym, "purchases": purchases})
    return pseudonym


def _count_rows(conn: Connection, user_id: str) -> int:
    return len(list(queries.export_rows(conn, user_id=user_id)))


def _forget_updates(conn: Connection, user_id: str, pseudonym: str) -> int:
    updates = _updates_of(conn, user_id)
    for place, is_handled, document in updates:
        if not is_handled:
            raise NotForgotten(
                f"The user {user_id} cannot be forgotten yet: an update of Telegram's is not "
                "handled. See flask telegram reconcile."
            )
        kept = {}
        if isinstance(document, dict):
            kept = kept_documents.without(document, int(user_id), pseudonym)
        queries.rewrite_update(conn, place=place, body=json.dumps(kept))
    return len(updates)


def _forget_transactions(conn: Connection, user_id: str, pseudonym: str) -> int:
    transactions = _transactions_of(conn, user_id)
    for bot_id, position, body in transactions:
        kept = kept_documents.without(body, int(user_id), pseudonym)
        queries.rewrite_transaction(conn, bot_id=bot_id, position=position, body=json.dumps(kept))
    return len(transactions)


def _updates_of(conn: Connection, user_id: str) -> list[tuple[str, bool, object]]:
    """Return the updates that name a user: where each is, whether it is handled, what it says.

    One that cannot be read may name anybody whose id is in it.
    """
    if not user_id.isdecimal():
        return []
    found = []
    for place, is_handled, body in list(queries.list_updates_with(conn, text=user_id)):
        try:
            document = parse_json(body)
        except (ValueError, Unreadable):
            found.append((place, is_handled, body))
            continue
        if kept_documents.names(document, int(user_id)):
            found.append((place, is_handled, document))
    return found


def _transactions_of(conn: Connection, user_id: str) -> list[tuple[int, int, Json]]:
    """Return the transactions that name a user: of which bot, at which position, what they say."""
    if not user_id.isdecimal():
        return []
    rows = list(queries.list_transactions_with(conn, text=user_id))
    return [row for row in rows if kept_documents.names(row[2], int(user_id))]
