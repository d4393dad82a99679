"""Transitions: what may happen to a purchase, and the one statement by which it happens.

The statement judges and commits. Then what it judged becomes a result, or a refusal is raised. So
a refusal undoes nothing that was recorded.
"""

import logging
from dataclasses import dataclass
from typing import NamedTuple, NoReturn, cast

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.types import ANYBODY, Mode, Order, Owner, Purchase, Status, Transition, Verdict
from stars.encoding import encode
from stars.errors import (
    InvalidPurchasePayload,
    ItemNotForSale,
    PaidForReal,
    PurchaseConflict,
    PurchaseNotFound,
    Refusal,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a call does to a purchase, by the lifecycle of the contract (section 6).

    It makes a purchase `to_status` if it is in one of `from_statuses`, and writes `event_if_known`.
    It makes a new one if `event_if_new` names the event of that.
    """

    to_status: Status
    from_statuses: tuple[Status, ...]
    event_if_known: str
    event_if_new: str | None = None


# What does not stand here changes nothing.
INVOICE = Step(
    to_status="pending",
    from_statuses=("failed",),
    event_if_known="purchase_invoice_reopened",
    event_if_new="purchase_invoice_created",
)
COMPLETION = Step(
    to_status="succeeded",
    from_statuses=("pending", "failed"),
    event_if_known="purchase_succeeded",
    event_if_new="purchase_succeeded",
)
PAYMENT_FAILURE = Step(
    to_status="failed",
    from_statuses=("pending",),
    event_if_known="purchase_failed",
)
OPERATOR_FAILURE = Step(
    to_status="failed",
    from_statuses=("pending", "succeeded"),
    event_if_known="purchase_failed",
)


MISMATCHES = (Verdict.MODE_MISMATCH, Verdict.TERMS_MISMATCH, Verdict.CATALOGUE_MISMATCH)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One call's attempt to take a step with a purchase.

    `mode` is the mode that a new purchase gets and that a known one must have; None for either.
    `pay_url` is where it can be paid, if that is known. `log_on_user_mismatch` names the log line
    for a caller who does not own the purchase.
    """

    step: Step
    purchase_id: str
    owner: Owner
    mode: Mode | None
    order: Order
    request_id: str
    pay_url: str | None = None
    log_on_user_mismatch: str = "purchase_user_mismatch"

    @property
    def user_id(self) -> str | None:
        """The owner; None for anybody."""
        return None if self.owner is ANYBODY else self.owner

    @property
    def may_create(self) -> bool:
        """True if the step makes new purchases, and the caller says enough to make one."""
        known_owner = self.owner is not ANYBODY
        return self.step.event_if_new is not None and known_owner and not self.order.missing()

    def params(self) -> dict[str, object]:
        """Return what the statements transition_purchase and complete_unless_armed take."""
        return {
            "purchase_id": self.purchase_id,
            "user_id": self.user_id,
            "mode": self.mode,
            "item_id": self.order.item_id,
            "price_stars": self.order.price_stars,
            "purchase_type": self.order.purchase_type,
            "source": self.order.source,
            "channel": self.order.channel,
            "metadata": encode(self.order.metadata).decode(),
            "to_status": self.step.to_status,
            "from_statuses": list(self.step.from_statuses),
            "event_if_known": self.step.event_if_known,
            "event_if_new": self.step.event_if_new if self.may_create else None,
            "pay_url": self.pay_url,
            "request_id": self.request_id,
        }


class Judgement(NamedTuple):
    """The row in which a statement tells what it found and did.

    `differing` names the fields that do not fit; `purchase` is None where there is none.
    """

    verdict: str
    differing: list[str] | None = None
    event_type: str | None = None
    previous_status: Status | None = None
    purchase: Purchase | None = None


def carry_out(db: Database, attempt: Attempt) -> Transition:
    """Run the one statement of a transition, and return what it did.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell whether it was carried out.
        All that `conclude` raises.

    """
    row = db.fetch_one(queries.transition_purchase, **attempt.params())
    return conclude(attempt, Judgement(*row))


def conclude(attempt: Attempt, judged: Judgement) -> Transition:
    """Return what a statement has done, or raise the refusal that it stands for.

    Raises:
        PurchaseNotFound: there is no such purchase, and this step makes none.
        InvalidPurchasePayload: there is no such purchase, and the caller says too little to make
            one.
        All that `refuse` raises.

    """
    if judged.verdict in (Verdict.CHANGED, Verdict.UNCHANGED):
        return Transition(
            purchase=cast(Purchase, judged.purchase),
            event_type=judged.event_type,
            previous_status=judged.previous_status,
            is_replay=judged.event_type is None,
        )
    if judged.verdict == Verdict.UNKNOWN:
        _refuse_unknown(attempt)
    refuse(
        judged,
        purchase_id=attempt.purchase_id,
        user_id=attempt.user_id,
        log_on_user_mismatch=attempt.log_on_user_mismatch,
    )


def refuse(
    judged: Judgement,
    *,
    purchase_id: str,
    user_id: str | None,
    log_on_user_mismatch: str = "purchase_user_mismatch",
) -> NoReturn:
    """Log what does not fit, and raise the refusal for it.

    Raises:
        PurchaseConflict: the purchase is another user's, or of another mode, or has other terms;
            or the catalogue has other terms for its item.
        ItemNotForSale: the catalogue does not have the item.
        PaidForReal: real Stars were paid for it.

    """
    if judged.verdict == Verdict.USER_MISMATCH:
        purchase = cast(Purchase, judged.purchase)
        log.warning(
            log_on_user_mismatch,
            extra={
                "purchase_id": purchase_id,
                "user_id": user_id,
                "existing_user_id": purchase["user_id"],
            },
        )
    elif judged.verdict in MISMATCHES:
        log.warning(
            "purchase_params_mismatch",
            extra={
                "purchase_id": purchase_id,
                "user_id": user_id,
                "mismatched": judged.differing,
            },
        )
    raise _refusal(judged)


def _refusal(judged: Judgement) -> Refusal:
    match Verdict(judged.verdict):
        case Verdict.USER_MISMATCH | Verdict.MODE_MISMATCH:
            # Says no more: a mock caller may claim to be anybody.
            return PurchaseConflict()
        case Verdict.TERMS_MISMATCH:
            return PurchaseConflict(
                "This purchase_id was used before, with other values.",
                mismatched=judged.differing,
            )
        case Verdict.CATALOGUE_MISMATCH:
            return PurchaseConflict(
                "The catalogue has other values for this item.", mismatched=judged.differing
            )
        case Verdict.NOT_FOR_SALE:
            return ItemNotForSale()
        case Verdict.PAID_LIVE:
            return PaidForReal()
        case _:
            raise AssertionError(f"{judged.verdict} is no refusal")


def _refuse_unknown(attempt: Attempt) -> NoReturn:
    if attempt.owner is ANYBODY:
        raise PurchaseNotFound(f"There is no purchase {attempt.purchase_id}.")
    if attempt.step.event_if_new is None:
        raise PurchaseNotFound
    missing = attempt.order.missing()
    raise InvalidPurchasePayload(
        "There is no such purchase yet; these fields are missing to make it.",
        errors={name: ["Missing data for required field."] for name in missing},
    )
