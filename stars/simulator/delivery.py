"""How updates reach a bot: through its webhook, with Telegram's queues and resends, or through getUpdates.

The rules are those of WebhookActor.cpp and Client.cpp in tdlib/telegram-bot-api.
"""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from stars.simulator.world import Bot, Refused, Update, Webhook, World

WEEK = 7 * 86_400  # after one without updates the next update_id is random
LONGEST_RETRY_AFTER = 3600


def publish(world: World, bot: Bot, update: str, content: dict[str, Any], **facts: Any) -> None:
    """Send `content` as a new update: a pre_checkout_query, or a message that is a successful_ or refunded_payment."""
    facts = {"bot": bot.name, "update": update, **facts}
    kind = update if update == "pre_checkout_query" else "message"
    if kind not in bot.allowed:
        return world.note("update_not_allowed", **facts)
    if world.take("drop", facts):
        return None
    if fault := world.take("delay", facts):
        late = world.clock.now() + fault.options.get("seconds", 5)
        return world.clock.at(late, lambda: _queue(world, bot, kind, content, facts))
    return _queue(world, bot, kind, content, facts)


def _queue(world: World, bot: Bot, kind: str, content: dict[str, Any], facts: dict[str, Any]) -> None:
    now = world.clock.now()
    if now - bot.last_update_at > WEEK:
        bot.next_update_id = world.random.randrange(10**8, 10**9)
    checkout = kind == "pre_checkout_query"
    lifetime = world.settings.checkout_lifetime if checkout else world.settings.message_lifetime
    number, bot.last_update_at = bot.next_update_id, now
    bot.next_update_id += 1
    # Messages queue by chat; pre-checkout queries of the same buyer have another queue, and overtake them.
    update = Update(number, {"update_id": number, kind: content}, facts, f"{kind} {facts['user']}", now + lifetime, now)
    if bot.webhook and (fault := world.take("reorder", facts)):
        update.queue, update.held = f"update {number}", True
        update.wakeup_at = now + fault.options.get("seconds", 5)
        world.clock.at(update.wakeup_at, lambda: pump(world, bot))
    bot.updates.append(update)
    world.note("update", update_id=number, **facts)
    pump(world, bot)


def pump(world: World, bot: Bot) -> None:
    """Begin every delivery that can begin: the first update of each queue, if it is due and there is a connection."""
    now, seen = world.clock.now(), set()
    free = bot.webhook.max_connections - sum(update.under_way for update in bot.updates) if bot.webhook else 0
    for update in list(bot.updates):
        if update.expires_at <= now and not update.under_way:
            _lose(world, bot, update)
        elif update.queue not in seen:
            seen.add(update.queue)
            if bot.webhook and free > 0 and update.wakeup_at <= now and not update.under_way:
                free -= 1
                update.under_way = True
                world.clock.under_way += 1
                threading.Thread(target=_deliver, args=[world, bot, bot.webhook, update], daemon=True).start()


def _lose(world: World, bot: Bot, update: Update) -> None:
    bot.updates.remove(update)
    world.note("update_lost", update_id=update.id, fails=update.fails, **update.facts)


def _deliver(world: World, bot: Bot, webhook: Webhook, update: Update) -> None:
    """Send one update, in a thread of its own, and do with it what its answer says."""
    with world.lock:
        forged = world.take("forged_secret", update.facts)
        concurrent = world.take("concurrent", update.facts)
    if forged:
        _post(world, bot, webhook.url, forged.options.get("secret", "not-the-secret"), update, forged=True)
    copies = concurrent.options.get("copies", 2) if concurrent else 1
    with ThreadPoolExecutor(copies) as together:
        answers = list(together.map(lambda _: _post(world, bot, webhook.url, webhook.secret, update), range(copies)))
    good = [answer for answer in answers if isinstance(answer, httpx.Response) and answer.is_success]
    for answer in good:
        world.carry_out(bot, answer)
    with world.lock:
        update.under_way = False
        world.clock.under_way -= 1
        if not good:
            _failed(world, bot, update, answers[0])
        elif update in bot.updates and not world.take("duplicate", update.facts):
            bot.updates.remove(update)
            for other in bot.updates:
                if other.held and other.id < update.id:
                    other.held, other.wakeup_at = False, world.clock.now()
        world.lock.notify_all()
        pump(world, bot)


def _post(world: World, bot: Bot, url: str, secret: str, update: Update, forged: bool = False) -> httpx.Response | str:
    """The webhook's answer to one update, or why there was none; written into the journal."""
    headers = {"Content-Type": "application/json"} | ({"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {})
    began, answer = time.monotonic(), ""
    status: dict[str, Any]
    try:
        timeout = httpx.Timeout(world.settings.webhook_timeout)
        response = world.http.post(url, content=json.dumps(update.body), headers=headers, timeout=timeout)
        status, answer = {"status": response.status_code}, response.text[:1000]
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        response = "Read timeout expired" if isinstance(failure, httpx.TimeoutException) else str(failure)  # type: ignore[assignment]
        status = {"status": None, "error": response}
    with world.lock:
        update.sent += 1
        world.note("delivery", update_id=update.id, forged=forged, attempt=update.sent, **status, answer=answer,
                   ms=round(1000 * (time.monotonic() - began)), **update.facts)
    return response


def _failed(world: World, bot: Bot, update: Update, answer: httpx.Response | str) -> None:
    """Send it again: at once at first, then after 2, 4, 8 ... seconds, or after what the webhook asks for."""
    now, pause = world.clock.now(), 0.0
    if isinstance(answer, httpx.Response):
        error = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
        asked = answer.headers.get("Retry-After", "")
        pause = min(int(asked), LONGEST_RETRY_AFTER) if asked.isdecimal() else 0
    else:
        error = answer
    if not pause and update.fails:
        cap = world.random.uniform(world.settings.resend_cap_from, world.settings.resend_cap_to)
        update.resend_delay = pause = min(cap, 2 * update.resend_delay)
    bot.last_error = (int(now), error)
    update.fails += 1
    update.wakeup_at = now + pause
    if update not in bot.updates:
        return  # dropped with the webhook meanwhile
    if update.wakeup_at > update.expires_at:
        _lose(world, bot, update)
    elif pause:
        world.clock.at(update.wakeup_at, lambda: pump(world, bot))


def poll(world: World, bot: Bot, offset: int, limit: int, timeout: int) -> list[dict[str, Any]]:
    """What getUpdates answers: updates from `offset` on, those before it being confirmed by this call. Raises Refused."""
    if bot.webhook:
        raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete "
                           "the webhook first")
    bot.polls += 1
    mine = bot.polls
    bot.updates = bot.updates[offset:] if offset < 0 else [update for update in bot.updates if update.id >= offset]
    pump(world, bot)  # forgets what is too old
    world.lock.notify_all()
    world.clock.wait(lambda: bot.updates or bot.webhook or bot.polls != mine, world.clock.now() + timeout)
    if bot.webhook:
        raise Refused(409, "Conflict: terminated by setWebhook request")
    if bot.polls != mine:
        raise Refused(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is "
                           "running")
    return [update.body for update in bot.updates[:limit]]
