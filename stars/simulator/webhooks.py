"""Delivery to webhooks, with the queues and resends of tdlib's Client.cpp and WebhookActor.cpp."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx

from stars.simulator.amounts import Json
from stars.simulator.deliveries import Reply, Update, Webhook
from stars.simulator.records import Bot
from stars.simulator.world import World

HELD = "held"  # the queue of updates that the fault `reorder` holds until another has arrived
LONGEST_RETRY_AFTER = 3600  # seconds
SHOWN = 1000  # characters of a webhook's answer, in the journal


def pump(world: World, bot: Bot) -> None:
    """Begin every delivery that can begin: of each queue the first update, if it is due.

    Needs the lock, and a free connection for each delivery.
    """
    now = world.clock.now()
    for update in list(bot.updates):
        if update.expires_at <= now and not update.under_way:
            _lose(world, bot, update)
    if not bot.webhook.url or world.clock.closed:
        return
    free = bot.webhook.max_connections - sum(update.under_way for update in bot.updates)
    seen = set()
    for update in bot.updates:
        is_first = update.queue not in seen
        seen.add(update.queue)
        is_due = update.wakeup_at <= now and not update.under_way
        if is_first and is_due and free > 0:
            free -= 1
            _begin(world, bot, update)


def _begin(world: World, bot: Bot, update: Update) -> None:
    update.under_way = True
    world.clock.under_way += 1
    # The webhook as it is now: what is under way goes where it was sent.
    delivery = threading.Thread(
        target=_deliver,
        args=[world, bot, bot.webhook, update],
        daemon=True,
    )
    delivery.start()


def _lose(world: World, bot: Bot, update: Update) -> None:
    bot.updates.remove(update)
    world.note("update_lost", update_id=update.id, fails=update.fails, **update.facts)


def _deliver(world: World, bot: Bot, webhook: Webhook, update: Update) -> None:
    """Send one update, in a thread of its own, and do what its replies ask for."""
    replies = _send(world, webhook, update)
    accepted = [reply for reply in replies if reply.accepted()]
    for reply in accepted:
        world.on_reply(bot, reply)
    with world.lock:
        update.under_way = False
        world.clock.under_way -= 1
        if update in bot.updates:
            _settle(world, bot, update, failure=None if accepted else replies[0])
        world.lock.notify_all()
        pump(world, bot)


def _send(world: World, webhook: Webhook, update: Update) -> list[Reply]:
    """Post one update and the copies that faults ask for; the replies, without a forged one's."""
    with world.lock:
        forged = world.take("forged_secret", update.facts)
        concurrent = world.take("concurrent", update.facts)
    if forged:
        secret = forged.options.get("secret", "not-the-secret")
        _post(world, replace(webhook, secret=secret), update, forged=True)
    copies = concurrent.options.get("copies", 2) if concurrent else 1
    with ThreadPoolExecutor(copies) as pool:
        sent = [pool.submit(_post, world, webhook, update) for _ in range(copies)]
    return [one.result() for one in sent]


def _settle(world: World, bot: Bot, update: Update, failure: Reply | None) -> None:
    """Plan the resend of an update that failed; forget one that arrived."""
    if failure:
        _plan_resend(world, bot, update, failure)
    elif not world.take("duplicate", update.facts):
        bot.updates.remove(update)
        for other in bot.updates:
            if other.queue == HELD and other.id < update.id:
                other.wakeup_at = world.clock.now()


def _post(world: World, webhook: Webhook, update: Update, forged: bool = False) -> Reply:
    """Post one update to the webhook, and write its reply into the journal."""
    reply = _ask(world, webhook, update)
    said: Json = {"status": reply.status}
    if reply.error:
        said["error"] = reply.error
    else:
        said["answer"] = reply.text[:SHOWN]
    with world.lock:
        world.note("delivery", update_id=update.id, forged=forged, **said, **update.facts)
    return reply


def _ask(world: World, webhook: Webhook, update: Update) -> Reply:
    if world.clock.closed:
        return Reply(error="The simulator has ended")
    headers = {"Content-Type": "application/json"}
    if webhook.secret:
        headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret
    body = json.dumps(update.body)
    timeout = world.settings.webhook_timeout
    try:
        client = world.clients.trusting(webhook.certificate)
        answer = client.post(webhook.url, content=body, headers=headers, timeout=timeout)
    except httpx.TimeoutException:
        return Reply(error="Read timeout expired")
    except httpx.HTTPError as error:
        return Reply(error=str(error))
    return Reply(
        status=answer.status_code,
        reason=answer.reason_phrase,
        content=answer.content,
        content_type=answer.headers.get("Content-Type", ""),
        text=answer.text,
        retry_after=answer.headers.get("Retry-After", ""),
    )


def _plan_resend(world: World, bot: Bot, update: Update, reply: Reply) -> None:
    """Send it again: at once, then after 2, 4, 8 ... seconds, or when the webhook asks for it."""
    now = world.clock.now()
    wrong = f"Wrong response from the webhook: {reply.status} {reply.reason}"
    bot.last_error = (int(now), reply.error or wrong)
    pause = _pause(world, update, reply)
    update.fails += 1
    update.wakeup_at = now + pause
    if update.wakeup_at > update.expires_at:
        _lose(world, bot, update)
    elif pause:
        world.clock.at(update.wakeup_at, lambda: pump(world, bot))


def _pause(world: World, update: Update, reply: Reply) -> float:
    """Seconds until the next try."""
    if reply.retry_after.isdecimal() and int(reply.retry_after):
        return min(int(reply.retry_after), LONGEST_RETRY_AFTER)
    if not update.fails:
        return 0
    settings = world.settings
    cap = world.random.uniform(settings.resend_cap_from, settings.resend_cap_to)
    update.resend_delay = min(cap, 2 * update.resend_delay)
    return update.resend_delay
