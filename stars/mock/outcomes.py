"""The mock's own: how a pretended payment ends, chosen by whoever calls or armed in advance. No Flask, no HTTP.

An armed outcome is kept in PostgreSQL, so every worker sees it, and is taken exactly as many times as was said.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain import purchases
from stars.domain.purchases import Outcome
from stars.errors import AnswerLost, NotFound

MATCHED = ("user_id", "item_id", "purchase_id")

log = logging.getLogger(__name__)


def arm(
    db: Database, *, match: dict[str, str], outcome: str, delay: float = 0, times: int = 1
) -> dict[str, Any]:
    """Arm `outcome` for the next `times` purchases that `match`, each after `delay` seconds; what is armed then."""
    of = dict.fromkeys(MATCHED) | match
    armed: dict[str, Any] = db.fetch_one(
        queries.arm_outcome, **of, outcome=outcome, delay=delay, times=times
    )
    log.info("mock_outcome_armed", extra=armed)
    return armed


def armed(db: Database) -> list[dict[str, Any]]:
    """What is armed, in the order in which it will be taken."""
    return [one for (one,) in db.fetch_all(queries.list_outcomes)]


def disarm(db: Database, outcome_id: int | None = None) -> None:
    """Clear one armed outcome, or all. Raises NotFound when there is no such one."""
    cleared = db.fetch_one(queries.clear_outcomes, outcome_id=outcome_id)
    if outcome_id is not None and not cleared:
        raise NotFound("No outcome with this number is armed.")
    log.info("mock_outcome_disarmed", extra={"outcome_id": outcome_id})


def pay(
    db: Database,
    *,
    make_pay_url: Callable[[], str],
    outcome: str | None = None,
    delay: float | None = None,
    **asked: Any,
) -> Outcome | None:
    """Let a mock payment end as `outcome` says; None: as is armed for it, or else well.

    Args:
        db: where purchases are.
        make_pay_url: called for the pay_url, should the purchase have to be made before it can fail or stay pending.
        outcome: `paid`, `failed` (a pending purchase becomes that), `pending` (nothing happens) or `lost` (carried
            out, but not answered).
        delay: seconds to wait before; None: what is armed, or else none.
        asked: as purchases.record_purchase. An outcome is taken, and matters, only where that would change something.

    Returns:
        As purchases.record_purchase.

    Raises:
        AnswerLost: `lost`, and it was carried out now. Asked again, the stored result is answered.

    """
    if delay:
        time.sleep(delay)
    if outcome is None:
        try:
            return purchases.record_purchase(db, heeds_armed=True, **asked)
        except purchases.OutcomeArmed:
            outcome, armed_delay = _take(db, asked)
        if delay is None:
            time.sleep(armed_delay)
    if outcome in ("paid", "lost"):
        done = purchases.record_purchase(db, **asked)
        if outcome == "lost" and done and done.event_type:
            raise AnswerLost
        return done
    end = purchases.fail_purchase if outcome == "failed" else purchases.confirm_purchase
    found = end(db, **asked)
    if found is None and {"item_id", "price_stars"} <= asked.keys():
        purchases.create_invoice(db, pay_url=make_pay_url(), **asked)
        found = end(db, **asked)
    return found


def _take(db: Database, asked: dict[str, Any]) -> tuple[str, float]:
    """Take what is armed for a purchase: its outcome and delay. When others were faster, and took it up: a payment."""
    taken = db.fetch_one(queries.take_outcome, **{name: asked.get(name) for name in MATCHED})
    if taken is None:
        return "paid", 0
    outcome_id, outcome, delay = taken
    log.info(
        "mock_outcome_taken",
        extra={
            "outcome_id": outcome_id,
            "outcome": outcome,
            "delay": delay,
            "purchase_id": asked["purchase_id"],
        },
    )
    return outcome, delay
