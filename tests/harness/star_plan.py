"""The plan of L13, made from a seed: what each buyer does, and which faults and deaths strike."""

import random
from dataclasses import dataclass
from typing import Any

Fault = dict[str, Any]

PURCHASES = 320
UPDATES = ("pre_checkout_query", "successful_payment", "refunded_payment")
LINK: tuple[Fault, ...] = (
    {"kind": "500", "times": 2},
    {"kind": "429", "retry_after": 1},
    {"kind": "timeout", "seconds": 0, "times": 2},
    {"kind": "lost_answer", "seconds": 0},
    {"kind": "500", "times": 4},
)
DELIVERY: tuple[Fault, ...] = (
    {"kind": "duplicate", "times": 2},
    {"kind": "drop"},
    {"kind": "delay", "seconds": 0.5},
    {"kind": "reorder"},
    {"kind": "concurrent", "copies": 3},
    {"kind": "forged_secret"},
)
REFUND: tuple[Fault, ...] = (
    {"kind": "lost_answer", "seconds": 0, "times": 4},
    {"kind": "500", "times": 4},
    {"kind": "timeout", "seconds": 0, "times": 4},
    {"kind": "already_refunded"},
    {"kind": "balance_too_low", "times": 2},
    {"kind": "429", "retry_after": 9},
)
PAYMENT: tuple[Fault, ...] = (
    {"kind": "wrong_amount"},
    {"kind": "wrong_currency"},
    {"kind": "wrong_payer"},
    {"kind": "second_payment"},
    {"kind": "unpaid"},
    {"kind": "chargeback", "seconds": 0.2},
)
DEEDS = (
    *("pay",) * 8,
    "cancel",
    "pay again",
    "pay twice at once",
    "a stranger pays",
    "refund",
    "refund twice",
    "refund elsewhere",
    "mark failed",
    "mark failed and pay again",
    "chargeback",
)
CALAMITIES = (
    *("kill a worker",) * 6,
    *("kill PostgreSQL",) * 2,
    *("reconcile",) * 4,
    *("time passes",) * 4,
)


@dataclass(frozen=True)
class Sale:
    """One purchase: what its buyer does, and which faults strike it.

    Each fault has its match, in which "buyer" stands for an id that is known only later.
    """

    purchase_id: str
    deed: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, order=True)
class Calamity:
    """What happens once so many sales are done."""

    after: int
    kind: str


@dataclass(frozen=True)
class Plan:
    """All that happens in one run."""

    sales: list[Sale]
    calamities: list[Calamity]


def make_plan(seed: int) -> Plan:
    """The plan of this seed, always the same."""
    dice = random.Random(seed)
    sales = [make_sale(dice, f"star-{number}") for number in range(PURCHASES)]
    calamities = [Calamity(dice.randrange(5, PURCHASES - 5), kind) for kind in CALAMITIES]
    return Plan(sales, sorted(calamities))


def make_sale(dice: random.Random, purchase_id: str) -> Sale:
    """Roll one sale."""
    faults: list[Fault] = []
    if dice.random() < 0.15:
        match = {"method": "createInvoiceLink", "payload": purchase_id}
        faults.append(dice.choice(LINK) | {"match": match})
    for update in UPDATES:
        if dice.random() < 0.2:
            match = {"update": update, "payload": purchase_id}
            faults.append(dice.choice(DELIVERY) | {"match": match})
    if dice.random() < 0.35:
        faults.append(roll_payment_fault(dice, purchase_id))
    if dice.random() < 0.5:
        match = {"method": "refundStarPayment", "user": "buyer"}
        faults.append(dice.choice(REFUND) | {"match": match})
    return Sale(purchase_id, dice.choice(DEEDS), tuple(faults))


def roll_payment_fault(dice: random.Random, purchase_id: str) -> Fault:
    """A payment that goes otherwise than agreed; what is wrong may be so from the checkout on."""
    stage = dice.choice(("payment", "payment", "checkout"))
    fault = dice.choice(PAYMENT)
    match = {"payload": purchase_id}
    if fault["kind"].startswith("wrong"):
        match["stage"] = stage
    return fault | {"match": match}
