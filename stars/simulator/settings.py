"""What can be set: how the simulator is reached, and the numbers of Telegram's that were only measured once."""

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Settings:
    """One setting a line; changed as a whole, through /sim/settings."""

    link_base: str = ""  # links start with it, like https://t.me; empty: the address the bot called, where one can pay
    max_amount: int = 100_000  # Stars; measured: 100000 accepted, 150000 refused
    refuse_stray_fields: bool = (
        True  # need_*, send_*, tips: the documents say ignored, measured: STARS_INVOICE_INVALID
    )
    charge_id_length: int = 140  # over 128 were seen, which is where a VARCHAR(128) breaks
    refund_from_bot: bool = True  # refunded_payment is the bot's own service message in the buyer's chat; else the buyer's
    checkout_seconds: float = 10.0  # to answer a pre_checkout_query
    checkout_lifetime: float = 150.0  # then an undelivered pre_checkout_query is forgotten
    message_lifetime: float = 86_400.0  # then an undelivered message is
    resend_cap_from: float = (
        60.0  # the pause between resends doubles up to a random cap between these two
    )
    resend_cap_to: float = 120.0
    webhook_timeout: float = 60.0  # real seconds for the webhook's answer
    https_only: bool = False  # Telegram demands https and ports 443, 80, 88, 8443; here plain http to this machine will do
    seed: int | None = None  # of everything random; the same calls then give the same ids

    def changed(self, wanted: dict[str, Any]) -> "Settings":
        """These with others; raises ValueError for one that there is not, or of another type."""
        for name, value in wanted.items():
            there = getattr(self, name, None)
            kind = (int, float) if isinstance(there, float) else type(there)
            if (
                there is None
                or not isinstance(value, kind)
                or isinstance(value, bool) != isinstance(there, bool)
            ):
                raise ValueError(f"no such setting, or not of its type: {name}")
        return replace(self, **wanted)
