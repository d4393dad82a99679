"""The methods of the Bot API, as documented, with Telegram's checks and words of refusal."""

from collections.abc import Callable

from stars.simulator.arguments import Args
from stars.simulator.methods import (
    chats,
    copies,
    invoices,
    media,
    messages,
    payments,
    profile,
    queries,
    things,
    webhooks,
)
from stars.simulator.records import Bot
from stars.simulator.world import World

# By their names in small letters: Telegram does not look at the case.
METHODS: dict[str, Callable[[World, Bot, Args], object]] = {
    **webhooks.METHODS,
    **invoices.METHODS,
    **payments.METHODS,
    **messages.METHODS,
    **media.METHODS,
    **things.METHODS,
    **copies.METHODS,
    **queries.METHODS,
    **profile.METHODS,
    **chats.METHODS,
}
