"""The methods of the Bot API, as documented, with Telegram's checks and words of refusal."""

from collections.abc import Callable

from stars.simulator.arguments import Args
from stars.simulator.methods import invoices, payments, webhooks
from stars.simulator.records import Bot, Json
from stars.simulator.world import World


def get_me(_world: World, bot: Bot, _args: Args) -> Json:
    """Describe the bot itself."""
    return bot.shown() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


METHODS: dict[str, Callable[[World, Bot, Args], object]] = {
    "getme": get_me,
    **webhooks.METHODS,
    **invoices.METHODS,
    **payments.METHODS,
}
