"""How updates reach a bot: getUpdates, or a webhook with the queues and resends of tdlib's Client.cpp, WebhookActor.cpp."""

import atexit
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from stars.simulator.world import Bot, Refused, Update, World

CLIENT = httpx.Client(
    trust_env=False, limits=httpx.Limits(max_connections=None)
)  # max_connections is each bot's own
atexit.register(CLIENT.close)
WEEK = 7 * 86_400  # after one without updates the next update_id is random
HELD = "held"  # the queue of those that the fault `reorder` holds until another has arrived
LONGEST_RETRY_AFTER = 3600
POLL_WITH_WEBHOOK = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
POLL_TWICE = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)


def publish(
    world: World, bot: Bot, update: str, content: dict[str, Any], facts: dict[str, Any]
) -> None:
    """Send `content` as a new update: a pre_checkout_query, or a message that is a successful_ or refunded_payment."""
    facts = {"update": update, **facts}
    kind = update if update == "pre_checkout_query" else "message"
    if bot.allowed_updates and kind not in bot.allowed_updates:
        world.note("update_not_allowed", **facts)
    elif world.take("drop", facts):
        pass
    elif fault := world.take("delay", facts):
        late = world.clock.now() + fault.options.get("seconds", 5)
        world.clock.at(late, lambda: _queue(world, bot, kind, content, facts))
    else:
        _queue(world, bot, kind, content, facts)


def _queue(
    world: World, bot: Bot, kind: str, content: dict[str, Any], facts: dict[str, Any]
) -> None:
    now, settings = world.clock.now(), world.settings
    if now - bot.last_update_at > WEEK:
        bot.next_update_id = world.random.randrange(10**8, 10**9)
    number, bot.last_update_at = bot.next_update_id, now
    bot.next_update_id += 1
    expires_at = now + (
        settings.message_lifetime if kind == "message" else settings.checkout_lifetime
    )
    # Messages queue by chat; pre-checkout queries of the same buyer have another queue, and overtake them.
    update = Update(
        number,
        {"update_id": number, kind: content},
        facts,
        f"{kind} {facts['user']}",
        expires_at,
        now,
    )
    if bot.url and (fault := world.take("reorder", facts)):
        update.queue, update.wakeup_at = HELD, now + fault.options.get("seconds", 5)
        world.clock.at(update.wakeup_at, lambda: pump(world, bot))
    bot.updates.append(update)
    world.note("update", update_id=number, **facts)
    pump(world, bot)


def pump(world: World, bot: Bot) -> None:
    """Begin every delivery that can begin: the first update of each queue, if it is due and there is a connection."""
    now, seen = world.clock.now(), set()
    free = bot.max_connections - sum(update.under_way for update in bot.updates) if bot.url else 0
    for update in list(bot.updates):
        if update.expires_at <= now and not update.under_way:
            _lose(world, bot, update)
        elif update.queue not in seen:
            seen.add(update.queue)
            if free > 0 and update.wakeup_at <= now and not update.under_way:
                free -= 1
                update.under_way = True
                world.clock.under_way += 1
                threading.Thread(
                    target=_deliver, args=[world, bot, bot.url, bot.secret, update], daemon=True
                ).start()


def _lose(world: World, bot: Bot, update: Update) -> None:
    bot.updates.remove(update)
    world.note("update_lost", update_id=update.id, fails=update.fails, **update.facts)


def _deliver(world: World, bot: Bot, url: str, secret: str, update: Update) -> None:
    """Send one update, in a thread of its own, and do with it what its answer says."""
    with world.lock:
        forged, several = (
            world.take(kind, update.facts) for kind in ("forged_secret", "concurrent")
        )
    if forged:
        _post(world, url, forged.options.get("secret", "not-the-secret"), update, forged=True)
    copies = several.options.get("copies", 2) if several else 1
    with ThreadPoolExecutor(copies) as together:
        answers = list(together.map(lambda _: _post(world, url, secret, update), range(copies)))
    good = [
        answer for answer in answers if isinstance(answer, httpx.Response) and answer.is_success
    ]
    for answer in good:
        world.carry_out(bot, answer)
    with world.lock:
        update.under_way = False
        world.clock.under_way -= 1
        if update in bot.updates and not good:
            _failed(world, bot, update, answers[0])
        elif update in bot.updates and not world.take("duplicate", update.facts):
            bot.updates.remove(update)
            for other in bot.updates:
                if other.queue == HELD and other.id < update.id:
                    other.wakeup_at = world.clock.now()
        world.lock.notify_all()
        pump(world, bot)


def _post(
    world: World, url: str, secret: str, update: Update, forged: bool = False
) -> httpx.Response | str:
    """The webhook's answer to one update, or why there was none; written into the journal."""
    headers = {"Content-Type": "application/json"} | (
        {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    )
    answer: httpx.Response | str
    try:
        answer = CLIENT.post(
            url,
            content=json.dumps(update.body),
            headers=headers,
            timeout=world.settings.webhook_timeout,
        )
        said = {"status": answer.status_code, "answer": answer.text[:1000]}
    except httpx.HTTPError as failure:
        answer = (
            "Read timeout expired" if isinstance(failure, httpx.TimeoutException) else str(failure)
        )
        said = {"status": None, "error": answer}
    with world.lock:
        world.note("delivery", update_id=update.id, forged=forged, **said, **update.facts)
    return answer


def _failed(world: World, bot: Bot, update: Update, answer: httpx.Response | str) -> None:
    """Send it again: at once at first, then after 2, 4, 8 ... seconds, or after what the webhook asks for."""
    now, error, asked = world.clock.now(), answer, ""
    if isinstance(answer, httpx.Response):
        error = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
        asked = answer.headers.get("Retry-After", "")
    pause: float = min(int(asked), LONGEST_RETRY_AFTER) if asked.isdecimal() else 0
    if not pause and update.fails:
        cap = world.random.uniform(world.settings.resend_cap_from, world.settings.resend_cap_to)
        update.resend_delay = pause = min(cap, 2 * update.resend_delay)
    bot.last_error = (int(now), str(error))
    update.fails += 1
    update.wakeup_at = now + pause
    if update.wakeup_at > update.expires_at:
        _lose(world, bot, update)
    elif pause:
        world.clock.at(update.wakeup_at, lambda: pump(world, bot))


def poll(world: World, bot: Bot, offset: int, limit: int, timeout: int) -> list[dict[str, Any]]:
    """What getUpdates answers: updates from `offset` on, those before it being confirmed by this call. Raises Refused."""
    if bot.url:
        raise Refused(f"Conflict: {POLL_WITH_WEBHOOK}", 409)
    bot.polls = mine = bot.polls + 1
    bot.updates = (
        bot.updates[offset:]
        if offset < 0
        else [update for update in bot.updates if update.id >= offset]
    )
    pump(world, bot)  # forgets what is too old
    world.lock.notify_all()
    world.clock.wait(
        lambda: bot.updates or bot.url or bot.polls != mine, world.clock.now() + timeout
    )
    if bot.url or bot.polls != mine:
        raise Refused(
            f"Conflict: {'terminated by setWebhook request' if bot.url else POLL_TWICE}", 409
        )
    return [update.body for update in bot.updates[:limit]]
