"""What can go wrong on purpose: an armed fault strikes the next things that its matcher fits."""

from dataclasses import dataclass

from stars.simulator.records import Json

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
# What a matcher may ask for.
FACTS = {"bot", "update", "user", "payload", "charge", "method", "stage"}
OPTIONS: dict[str, type | tuple[type, ...]] = {
    "seconds": (int, float),
    "copies": int,
    "retry_after": int,
    "status": int,
    "secret": str,
    "value": (int, str),
}
# Of these kinds, `value` is a number of Stars or a user's id.
COUNTED = ("wrong_amount", "wrong_payer")


@dataclass
class Fault:
    """One armed fault. `times` is how often it may still strike, None for ever."""

    id: int
    kind: str
    times: int | None
    match: Json
    options: Json
    taken: int = 0

    def fits(self, facts: Json) -> bool:
        """Whether it may still strike, and these facts are those it asks for."""
        if self.times == 0:
            return False
        for name, wanted in self.match.items():
            if str(facts.get(name)).lower() != str(wanted).lower():
                return False
        return True

    def use(self) -> None:
        """Count one strike."""
        if self.times is not None:
            self.times -= 1
        self.taken += 1


def armed(number: int, given: Json) -> Fault:
    """The fault that a body of POST /sim/faults describes; raises ValueError."""
    kind = str(given.get("kind"))
    times = given.get("times", 1)
    match = given.get("match", {})
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    if times is not None and (type(times) is not int or times < 1):
        raise ValueError("times is a number from 1, or null for ever")
    if not isinstance(match, dict) or not match.keys() <= FACTS:
        raise ValueError(f"match is an object of {', '.join(sorted(FACTS))}")
    options = {name: given[name] for name in given if name not in ("kind", "times", "match")}
    for name, value in options.items():
        if not _is_option(kind, name, value):
            raise ValueError(f"no such option, or not of its type: {name}")
    return Fault(number, kind, times, match, options)


def _is_option(kind: str, name: str, value: object) -> bool:
    """Whether a fault of this kind may have this option."""
    if name not in OPTIONS or isinstance(value, bool):
        return False
    if name == "value" and kind in COUNTED:
        return isinstance(value, int) and value > 0
    return isinstance(value, OPTIONS[name])
