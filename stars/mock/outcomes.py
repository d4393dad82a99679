"""Outcomes armed in advance: how the next mock purchases that match are to end.

They are kept in PostgreSQL, so every worker sees them, and each is taken exactly as many times
as was said.
"""

import logging
from dataclasses import dataclass
from typing import TypedDict, cast

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import purchases, transitions
from stars.domain.payments import OutcomeName
from stars.domain.transitions import Judgement
from stars.domain.types import Order, Transition
from stars.errors import NotFound

MATCHED = ("user_id", "item_id", "purchase_id")

MOST_TAKEN = 20
"""Shown of those that were taken: a tester looks at the last few."""

log = logging.getLogger(__name__)


class ArmedOutcome(TypedDict):
    """An armed outcome as it is shown to whoever armed it. `delay` is in seconds."""

    outcome_id: int
    match: dict[str, str]
    outcome: OutcomeName
    delay: float
    times: int
    taken: int
    created_at: str


@dataclass(frozen=True, kw_only=True)
class Taking:
    """What became of an armed outcome: the last purchases that took it, and when the last did."""

    outcome: ArmedOutcome
    purchases: list[str]
    at: str


@dataclass(frozen=True, kw_only=True)
class TakenOutcome:
    """An outcome that a purchase has taken. `delay` is in seconds."""

    outcome: OutcomeName
    delay: float


def arm(
    db: Database,
    *,
    match: dict[str, str],
    outcome: OutcomeName,
    delay: float = 0,
    times: int = 1,
) -> ArmedOutcome:
    """Arm `outcome` for the next `times` purchases that have all of `match`.

    Args:
        db: where purchases are.
        match: values of user_id, item_id and purchase_id; empty for any purchase.
        outcome: how they end.
        delay: seconds to wait before.
        times: how many purchases take it.

    """
    armed = db.fetch_one(
        queries.arm_outcome,
        user_id=match.get("user_id"),
        item_id=match.get("item_id"),
        purchase_id=match.get("purchase_id"),
        outcome=outcome,
        delay=delay,
        times=times,
    )
    log.info("mock_outcome_armed", extra=armed)
    return cast(ArmedOutcome, armed)


def complete_unless_armed(
    db: Database, *, purchase_id: str, owner: str, order: Order, request_id: str
) -> Transition | TakenOutcome:
    """Take the oldest outcome that is armed for this purchase; if there is none, complete it.

    Takes the same arguments as domain.purchases.complete_purchase and raises the same refusals.
    An outcome is taken only where completing would change something, and then nothing is changed.
    """
    attempt = purchases.completion(
        purchase_id=purchase_id, owner=owner, order=order, request_id=request_id
    )
    row = db.fetch_one(queries.complete_unless_armed, **attempt.params())
    outcome_id, outcome, delay, *judged = row
    if outcome_id is None:
        transition = transitions.conclude(attempt, Judgement(*judged))
        return purchases.log_completion(attempt, transition)
    log.info(
        "mock_outcome_taken",
        extra={
            "outcome_id": outcome_id,
            "outcome": outcome,
            "delay": delay,
            "purchase_id": purchase_id,
        },
    )
    return TakenOutcome(outcome=outcome, delay=delay)


def armed(db: Database) -> list[ArmedOutcome]:
    """Return what is armed, in the order in which it will be taken."""
    return [outcome for (outcome,) in db.fetch_all(queries.list_outcomes)]


def armed_for(db: Database, purchase_id: str) -> ArmedOutcome | None:
    """Return the outcome that completing this purchase would take now, None if there is none."""
    return cast(
        ArmedOutcome | None, db.fetch_one(queries.find_outcome_for, purchase_id=purchase_id)
    )


def taken(db: Database) -> list[Taking]:
    """Return the outcomes that were taken, the last taken first."""
    rows = db.fetch_all(queries.list_taken_outcomes, max_rows=MOST_TAKEN)
    return [Taking(outcome=outcome, purchases=by, at=at) for outcome, by, at in rows]


def disarm_one(db: Database, outcome_id: int) -> None:
    """Clear one armed outcome. Raises NotFound when there is no such one."""
    if not db.fetch_one(queries.clear_outcomes, outcome_id=outcome_id):
        raise NotFound("No outcome with this number is armed.")
    log.info("mock_outcome_disarmed", extra={"outcome_id": outcome_id})


def disarm_all(db: Database) -> None:
    """Clear all that is armed."""
    db.fetch_one(queries.clear_outcomes, outcome_id=None)
    log.info("mock_outcome_disarmed", extra={"outcome_id": None})
