"""How an update begins: it is put into one of its bot's queues. Runs under the lock."""

from stars.simulator import webhooks
from stars.simulator.amounts import Json
from stars.simulator.deliveries import Update
from stars.simulator.records import Bot
from stars.simulator.world import World

QUERIES = ("pre_checkout_query", "callback_query")
KINDS = (*QUERIES, "subscription")  # all others are messages
WEEK = 7 * 86_400  # seconds; after one without updates the next update_id is random


def publish(world: World, bot: Bot, update: str, content: Json, facts: Json) -> None:
    """Send `content` as a new update.

    `update` says what it is: a query, subscription, or a message, like successful_payment.
    Faults and `allowed_updates` may keep it from being sent.
    """
    facts = {"update": update, **facts}
    kind = update if update in KINDS else "message"
    if bot.allowed_updates and kind not in bot.allowed_updates:
        world.note("update_not_allowed", **facts)
        return
    if world.take("drop", facts):
        return
    delay = world.take("delay", facts)
    if delay is None:
        _queue(world, bot, kind, content, facts)
        return
    when = world.clock.now() + delay.options.get("seconds", 5)
    world.clock.at(when, lambda: _queue(world, bot, kind, content, facts))


def _queue(world: World, bot: Bot, kind: str, content: Json, facts: Json) -> None:
    now = world.clock.now()
    number = _next_id(world, bot, now)
    update = Update(
        id=number,
        body={"update_id": number, kind: content},
        facts=facts,
        # Messages queue by chat. All else of the same buyer has other queues, and overtakes them.
        queue=f"{kind} {facts['user']}",
        expires_at=now + _lifetime(world, kind),
        wakeup_at=now,
    )
    held = world.take("reorder", facts) if bot.webhook.url else None
    if held:
        update.queue = webhooks.HELD
        update.wakeup_at = now + held.options.get("seconds", 5)
        world.clock.at(update.wakeup_at, lambda: webhooks.pump(world, bot))
    bot.updates.append(update)
    world.note("update", update_id=number, **facts)
    webhooks.pump(world, bot)


def _next_id(world: World, bot: Bot, now: float) -> int:
    if now - bot.last_update_at > WEEK:
        bot.next_update_id = world.random.randrange(10**8, 10**9)
    bot.last_update_at = now
    number = bot.next_update_id
    bot.next_update_id += 1
    return number


def _lifetime(world: World, kind: str) -> float:
    """Seconds until an update that was not delivered is forgotten."""
    if kind in QUERIES:
        return world.settings.query_lifetime
    return world.settings.message_lifetime
