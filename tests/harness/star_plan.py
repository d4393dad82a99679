"""The plan of L13, made from a seed: what each buyer does, and which faults and deaths strike."""

import random
from dataclasses import dataclass
from typing import Any

PURCHASES = 320


UPDATES = ("pre_checkout_query", "successful_payment", "refunded_payment")


LINK = (
    {"kind": "500", "times": 2},
    {"kind": "429", "retry_after": 1},
    {"kind": "timeout", "seconds": 0, "times": 2},
    {"kind": "lost_answer", "seconds": 0},
    {"kind": "500", "times": 4},
)


DELIVERY = (
    {"kind": "duplicate", "times": 2},
    {"kind": "drop"},
    {"kind": "delay", "seconds": 0.5},
    {"kind": "reorder"},
    {"kind": "concurrent", "copies": 3},
    {"kind": "forged_secret"},
)


REFUND = (
    {"kind": "lost_answer", "seconds": 0, "times": 4},
    {"kind": "500", "times": 4},
    {"kind": "timeout", "seconds": 0, "times": 4},
    {"kind": "already_refunded"},
    {"kind": "balance_too_low", "times": 2},
    {"kind": "429", "retry_after": 9},
)


PAYMENT = (
    {"kind": "wrong_amount"},
    {"kind": "wrong_currency"},
    {"kind": "wrong_payer"},
    {"kind": "second_payment"},
    {"kind": "unpaid"},
    {"kind": "chargeback", "seconds": 0.2},
)


DEEDS = ("pay",) * 8 + (
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
    ("kill a worker",) * 6 + ("kill PostgreSQL",) * 2 + ("reconcile",) * 4 + ("time passes",) * 4
)


@dataclass(frozen=True)
class Sale:
    """One purchase: what its buyer does, and which faults strike it."""

    purchase_id: str
    deed: str
    faults: tuple[
        Any, ...
    ]  # each with its match; "buyer" and "stranger" are ids that are known only later


def make_plan(seed: int) -> tuple[list[Sale], list[tuple[int, str]]]:
    """The sales, and after how many of them which calamity happens."""
    dice = random.Random(seed)
    sales = []
    for number in range(PURCHASES):
        purchase_id, faults = f"star-{number}", []
        if dice.random() < 0.15:
            faults.append(
                dice.choice(LINK)
                | {"match": {"method": "createInvoiceLink", "payload": purchase_id}}
            )
        for update in UPDATES:
            if dice.random() < 0.2:
                faults.append(
                    dice.choice(DELIVERY) | {"match": {"update": update, "payload": purchase_id}}
                )
        if dice.random() < 0.35:
            stage = dice.choice(("payment", "payment", "checkout"))
            fault = dice.choice(PAYMENT) | {"match": {"payload": purchase_id}}
            if fault["kind"].startswith("wrong"):
                fault["match"]["stage"] = stage
            faults.append(fault)
        if dice.random() < 0.5:
            faults.append(
                dice.choice(REFUND) | {"match": {"method": "refundStarPayment", "user": "buyer"}}
            )
        sales.append(Sale(purchase_id, dice.choice(DEEDS), tuple(faults)))
    calamities = [(dice.randrange(5, PURCHASES - 5), kind) for kind in CALAMITIES]
    return sales, sorted(calamities)
