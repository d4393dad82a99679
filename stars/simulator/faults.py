"""What can go wrong on purpose: a fault strikes the next things that its matcher fits. The README says what each does."""

from dataclasses import dataclass
from typing import Any

DELIVERY = ("duplicate", "drop", "delay", "reorder", "concurrent", "forged_secret")
METHOD = ("429", "500", "timeout", "lost_answer", "already_refunded", "balance_too_low")
PAYMENT = (
    "wrong_amount",
    "wrong_currency",
    "wrong_payer",
    "unpaid",
    "second_payment",
    "chargeback",
)
KINDS = DELIVERY + METHOD + PAYMENT
FACTS = {
    "bot",
    "update",
    "user",
    "payload",
    "charge",
    "method",
    "stage",
}  # what a matcher may ask for
OPTIONS: dict[str, type | tuple[type, ...]] = {
    "seconds": (int, float),
    "copies": int,
    "retry_after": int,
    "status": int,
    "secret": str,
    "value": (int, str),
}


@dataclass
class Fault:
    """One armed fault. `times` is how often it may still strike, None for ever."""

    id: int
    kind: str
    times: int | None
    match: dict[str, Any]
    options: dict[str, Any]
    taken: int = 0

    def fits(self, facts: dict[str, Any]) -> bool:
        """Whether it may still strike, and everything it asks for is so."""
        return self.times != 0 and all(
            str(facts.get(name)).lower() == str(it).lower() for name, it in self.match.items()
        )


def armed(number: int, given: dict[str, Any]) -> Fault:
    """The fault that a body of POST /sim/faults describes; raises ValueError."""
    options = {
        name: value for name, value in given.items() if name not in ("kind", "times", "match")
    }
    kind, times, match = str(given.get("kind")), given.get("times", 1), given.get("match", {})
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    if times is not None and (type(times) is not int or times < 1):
        raise ValueError("times is a number from 1, or null for ever")
    if not isinstance(match, dict) or not match.keys() <= FACTS:
        raise ValueError(f"match is an object of {', '.join(sorted(FACTS))}")
    for name, value in options.items():
        wrong = (
            name == "value"
            and kind in ("wrong_amount", "wrong_payer")
            and not (isinstance(value, int) and value > 0)
        )
        if (
            name not in OPTIONS
            or not isinstance(value, OPTIONS[name])
            or isinstance(value, bool)
            or wrong
        ):
            raise ValueError(f"no such option, or not of its type: {name}")
    return Fault(number, kind, times, match, options)
