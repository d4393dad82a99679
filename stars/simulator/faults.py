"""What can go wrong on purpose. A fault is armed through /sim/faults and strikes the next things that its matcher fits."""

from dataclasses import dataclass, field
from typing import Any

DELIVERY = {  # of updates; the facts to match: bot, update, user, payload, charge
    "duplicate": "the answer is lost, so the same update comes again at once",
    "drop": "the update is never delivered",
    "delay": "the update sets out `seconds` later (5)",
    "reorder": "the update arrives after the next one, or after `seconds` (5) if none comes; for webhooks",
    "concurrent": "`copies` (2) of the update arrive at the same moment; for webhooks",
    "forged_secret": "a stranger delivers the update first, with `secret` (\"\" for none) or a wrong one; for webhooks",
}
METHOD = {  # of the Bot API; the facts to match: bot, method, user, payload, charge
    "429": "refused: Too Many Requests, with `retry_after` (1)",
    "500": "refused: Internal Server Error",
    "timeout": "nothing is done; after `seconds` (60) the connection is dropped",
    "lost_answer": "it is done, but the connection is dropped, after `seconds` (0), or `status` (like 502) answered",
    "already_refunded": "refundStarPayment refunds, and answers CHARGE_ALREADY_REFUNDED",
    "balance_too_low": "refused: BALANCE_TOO_LOW",
}
PAYMENT = {  # the facts to match: bot, user, payload, and stage: checkout (also what follows) or payment
    "wrong_amount": "`value` Stars (one more) are asked and paid",
    "wrong_currency": "`value` (USD) is named instead of XTR",
    "wrong_payer": "another user (`value`) asks and pays",
    "unpaid": "after an approved pre-checkout no payment follows",
    "second_payment": "the same user pays the link a second time at the same moment",
    "chargeback": "`seconds` (0) after the payment the Stars are taken back, without a message",
}
KINDS = DELIVERY | METHOD | PAYMENT
FACTS = {"bot", "update", "user", "payload", "charge", "method", "stage"}
OPTIONS: dict[str, tuple[type, ...]] = {
    "seconds": (int, float), "copies": (int,), "retry_after": (int,), "status": (int,), "secret": (str,), "value": (int, str),
}


@dataclass
class Fault:
    """One armed fault. `times` is how often it may still strike, None for ever."""

    id: int
    kind: str
    times: int | None
    match: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    taken: int = 0

    def fits(self, facts: dict[str, Any]) -> bool:
        """Whether it is still armed, and everything it asks for is so."""
        wanted = {name: str(value).lower() for name, value in self.match.items()}
        return self.times != 0 and all(str(facts.get(name)).lower() == value for name, value in wanted.items())


def armed(number: int, given: dict[str, Any]) -> Fault:
    """The fault that a body of POST /sim/faults describes; raises ValueError."""
    options = {name: value for name, value in given.items() if name not in ("kind", "times", "match")}
    kind, times, match = str(given.get("kind")), given.get("times", 1), given.get("match", {})
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    if times is not None and (type(times) is not int or times < 1):
        raise ValueError("times is a number from 1, or null for ever")
    if not isinstance(match, dict) or not match.keys() <= FACTS:
        raise ValueError(f"match is an object of {', '.join(sorted(FACTS))}")
    for name, value in options.items():
        if name not in OPTIONS or isinstance(value, bool) or not isinstance(value, OPTIONS[name]):
            raise ValueError(f"no such option, or not of its type: {name}")
    if kind in ("wrong_amount", "wrong_payer") and (type(options.get("value", 1)) is not int or options.get("value", 1) < 1):
        raise ValueError("value is a number from 1")
    return Fault(number, kind, times, match, options)
