"""The words of the domain: what a purchase is, what is asked of one, and what came of it."""

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, Final, Literal, TypedDict

Json = dict[str, Any]
Mode = Literal["mock", "live"]
Status = Literal["pending", "succeeded", "failed", "refunded"]


class _Anybody(Enum):
    """The type of ANYBODY."""

    ANYBODY = "anybody"


ANYBODY: Final = _Anybody.ANYBODY
Owner = str | _Anybody
"""A user id, or ANYBODY where the caller is not a user: an operator, or a holder of a pay link."""


class Purchase(TypedDict):
    """A purchase as the contract shows it (section 4). Times are RFC 3339 in UTC."""

    purchase_id: str
    user_id: str
    item_id: str
    price_stars: int
    purchase_type: str
    subscription_period: int | None
    status: Status
    mode: Mode
    source: str | None
    channel: str | None
    metadata: Json
    created_at: str
    invoiced_at: str | None
    succeeded_at: str | None
    failed_at: str | None
    fulfilled_at: str | None
    pay_url: str | None


class Event(TypedDict):
    """One entry of a purchase's history (section 7 of the contract)."""

    event_id: int
    purchase_id: str
    version: int
    event_type: str
    payload: Json
    user_id: str
    request_id: str
    created_at: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody wants to buy. None: the caller did not say, so it is not compared."""

    item_id: str | None = None
    price_stars: int | None = None
    purchase_type: str | None = None
    source: str | None = None
    channel: str | None = None
    metadata: Json = field(default_factory=dict)

    def missing(self) -> list[str]:
        """The names of the fields without which no new purchase can be made."""
        needed = {"item_id": self.item_id, "price_stars": self.price_stars}
        return sorted(name for name, value in needed.items() if value is None)


class Verdict(StrEnum):
    """What a statement judged. These are the words that it answers with."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"
    """There is no such purchase, and none was made."""
    USER_MISMATCH = "user_mismatch"
    MODE_MISMATCH = "mode_mismatch"
    TERMS_MISMATCH = "terms_mismatch"
    CATALOGUE_MISMATCH = "catalogue_mismatch"
    NOT_FOR_SALE = "not_for_sale"
    PAID_LIVE = "paid_live"
    """Real Stars were paid for it, so it cannot be marked failed."""


@dataclass(frozen=True, kw_only=True)
class Transition:
    """What a call did to a purchase, and the purchase as it is now.

    `event_type` names the event that was written, None when nothing changed. `is_replay` is true
    when the purchase is the result of an earlier call, given again.
    """

    purchase: Purchase
    event_type: str | None = None
    previous_status: Status | None = None
    is_replay: bool = False
