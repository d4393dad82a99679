"""The simulator's settings: how it is reached, and Telegram's numbers that were only measured."""

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Settings:
    """All settings. They are replaced as a whole, through POST /sim/settings."""

    # Links start with it, like https://t.me; empty: the address that the bot called.
    link_base: str = ""
    # The pages link to it: the service that is tried out, if there is one.
    service_url: str = ""
    # The Mini App, which /app opens with launch data; empty: there is none.
    app_url: str = ""
    # Stars. Measured: 100000 is accepted, 150000 is refused.
    max_amount: int = 100_000
    # Stars, of one payment of a subscription.
    max_subscription_amount: int = 10_000
    # Whether a renewal asks the bot by a pre_checkout_query is documented nowhere.
    ask_before_renewals: bool = False
    # What getStarTransactions gives as the amount of a payment through an affiliate: what the bot
    # gets, or else what the buyer paid. Published nowhere; what the bot gets is likely.
    list_net: bool = True
    # need_*, send_*, is_flexible: documented as ignored; measured once: STARS_INVOICE_INVALID.
    refuse_stray_fields: bool = False
    # Answer 404 to documented methods that are not simulated, instead of an empty success.
    strict_methods: bool = False
    # Ids of over 128 characters were seen, which is where a VARCHAR(128) breaks.
    charge_id_length: int = 140
    # Who sends the message with refunded_payment: the bot, or else the buyer.
    refund_from_bot: bool = True
    # Seconds that a bot has to answer a pre_checkout_query.
    checkout_seconds: float = 10.0
    # Seconds after which an undelivered query or message is forgotten.
    query_lifetime: float = 150.0
    message_lifetime: float = 86_400.0
    # Seconds. The pause between resends doubles, up to a random cap between these two.
    resend_cap_from: float = 60.0
    resend_cap_to: float = 120.0
    # Real seconds to wait for a webhook's answer.
    webhook_timeout: float = 60.0
    # Telegram demands https and certain ports; without it, http to this machine is accepted, too.
    https_only: bool = False
    # Seconds by which the clock begins in the past, so that a year of subscriptions may end today.
    begins_ago: float = 0.0
    # Of everything random: the same calls then give the same ids.
    seed: int | None = None

    def changed(self, wanted: dict[str, Any]) -> "Settings":
        """These settings with those of `wanted`; raises ValueError for an unknown name or type."""
        for name, value in wanted.items():
            if not _same_type(getattr(self, name, None), value):
                raise ValueError(f"no such setting, or not of its type: {name}")
        return replace(self, **wanted)


def _same_type(current: object, value: object) -> bool:
    """Whether a setting that is `current` may become `value`."""
    if current is None or isinstance(value, bool) != isinstance(current, bool):
        return False
    if isinstance(current, float):
        return isinstance(value, int | float)
    return isinstance(value, type(current))
