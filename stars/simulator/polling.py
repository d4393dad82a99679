"""Delivery by getUpdates, for bots without a webhook."""

from stars.simulator.amounts import Json
from stars.simulator.answers import Refused
from stars.simulator.records import Bot
from stars.simulator.webhooks import pump
from stars.simulator.world import World

POLL_WITH_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
POLL_TWICE = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
WEBHOOK_SET = "Conflict: terminated by setWebhook request"


def poll(world: World, bot: Bot, offset: int, limit: int, timeout: int) -> list[Json]:
    """Return updates from `offset` on, waiting up to `timeout` seconds for the first.

    Those before `offset` are confirmed by this call, and forgotten. A negative offset counts
    from the end. Raises Refused if the bot has a webhook, gets one, or polls a second time.
    """
    if bot.webhook.url:
        raise Refused(POLL_WITH_WEBHOOK, 409)
    bot.polls += 1
    mine = bot.polls
    _confirm(bot, offset)
    pump(world, bot)  # forgets what is too old
    world.lock.notify_all()
    deadline = world.clock.now() + timeout
    world.clock.wait(lambda: bot.updates or bot.webhook.url or bot.polls != mine, deadline)
    if bot.webhook.url:
        raise Refused(WEBHOOK_SET, 409)
    if bot.polls != mine:
        raise Refused(POLL_TWICE, 409)
    return [update.body for update in bot.updates[:limit]]


def _confirm(bot: Bot, offset: int) -> None:
    if offset < 0:
        bot.updates = bot.updates[offset:]
    else:
        bot.updates = [update for update in bot.updates if update.id >= offset]
