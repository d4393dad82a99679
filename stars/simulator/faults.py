"""What can go wrong on purpose: an armed fault strikes the next things that its matcher fits."""

from dataclasses import dataclass

from stars.simulator.amounts import Json

# What each kind does, as the pages tell it.
DELIVERY = {
    "duplicate": "the webhook's 200 is lost, so the same update comes again",
    "drop": "the update is never delivered",
    "delay": "the update sets out some seconds later",
    "reorder": "the update arrives after the next one; webhooks only",
    "concurrent": "copies of the update arrive at the same moment; webhooks only",
    "forged_secret": "a stranger delivers the update first, with a wrong secret; webhooks only",
}
METHOD = {
    "429": "the call is refused: too many requests",
    "500": "the call is refused: internal server error",
    "timeout": "nothing is done, and the connection is dropped after some seconds",
    "lost_answer": "the call is carried out, but its answer never arrives",
    "already_refunded": "a refund is made, and answered as if it had been made before",
    "balance_too_low": "a refund is refused: the bot has too few Stars",
}
PAYMENT = {
    "wrong_amount": "another amount is asked and paid",
    "wrong_currency": "another currency is asked and paid",
    "wrong_payer": "somebody else is asked and pays",
    "unpaid": "no payment follows the approved pre-checkout",
    "second_payment": "the buyer pays twice at the same moment",
    "chargeback": "some seconds after the payment the Stars are taken back, without a message",
}
KINDS = DELIVERY | METHOD | PAYMENT
# What a matcher may ask for.
MATCHED = ("bot", "update", "user", "payload", "charge", "method", "stage", "renewal", "state")
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
    if not isinstance(match, dict) or not match.keys() <= set(MATCHED):
        raise ValueError(f"match is an object of {', '.join(sorted(MATCHED))}")
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
