"""The plan of a year of subscriptions, made from a seed: who subscribes, what strikes them."""

import random
from dataclasses import dataclass
from typing import Any

Fault = dict[str, Any]

PRICE = 100
DEEDS = (
    *("nothing",) * 12,
    "cancel",
    "cancel and go on",
    *("shop cancels",) * 2,
    "shop cancels and allows",
    "refund",
    "charge back",
    "pay the link again",
)
DELIVERY: tuple[Fault, ...] = (
    {"kind": "duplicate", "times": 2},
    {"kind": "delay", "seconds": 0.5},
    {"kind": "reorder"},
    {"kind": "concurrent", "copies": 3},
    {"kind": "forged_secret"},
)
LOST: Fault = {"kind": "drop"}
CALLS: tuple[Fault, ...] = (
    {"kind": "lost_answer", "seconds": 0, "times": 4},
    {"kind": "500", "times": 4},
    {"kind": "429", "retry_after": 9},
)
CALAMITIES = ("kill a worker", "kill PostgreSQL", "reconcile", "nothing")


@dataclass(frozen=True)
class Member:
    """One subscriber: the month in which they begin, how many they can pay, what they do when.

    `is_referred`: an affiliate gets a share of what they pay.
    """

    purchase_id: str
    begins: int
    months: int
    is_referred: bool
    deeds: tuple[str, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class YearPlan:
    """All that happens. `calamities` has one a month."""

    members: list[Member]
    calamities: list[str]


def make_year(seed: int, *, members: int, months: int) -> YearPlan:
    """The plan of this seed, always the same."""
    dice = random.Random(seed)
    made = [make_member(dice, f"pass-{number}", months) for number in range(members)]
    return YearPlan(made, [dice.choice(CALAMITIES) for _ in range(months)])


def make_member(dice: random.Random, purchase_id: str, months: int) -> Member:
    """Roll one subscriber."""
    return Member(
        purchase_id=purchase_id,
        begins=dice.randrange(months),
        months=dice.choice((months, months, 1, 2, 3)),
        is_referred=dice.random() < 0.3,
        deeds=tuple(dice.choice(DEEDS) for _ in range(months)),
        faults=tuple(roll_faults(dice, purchase_id)),
    )


def roll_faults(dice: random.Random, purchase_id: str) -> list[Fault]:
    """What strikes the updates of a subscription, and what the service asks because of it.

    An update of a state is never lost: nothing else of Telegram's would tell it.
    """
    faults: list[Fault] = []
    for is_renewal in (False, True, True, True):
        if dice.random() < 0.4:
            match = {"update": "successful_payment", "renewal": is_renewal}
            faults.append(dice.choice((*DELIVERY, LOST, LOST)) | {"match": match})
    if dice.random() < 0.5:
        faults.append(dice.choice(DELIVERY) | {"match": {"update": "subscription"}})
    for fault in faults:
        fault["match"]["payload"] = purchase_id
    for method in ("editUserStarSubscription", "refundStarPayment"):
        if dice.random() < 0.5:
            faults.append(dice.choice(CALLS) | {"match": {"method": method}})
    return faults
