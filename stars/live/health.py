"""Health: looks for what stops sales, and remembers what it found.

Each reconciliation looks. The metrics and the console show what the last look has found, in
whatever process they are.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from stars.database.pool import Database
from stars.database.queries import queries
from stars.domain.health import HealthCheck, Problem
from stars.domain.types import Json
from stars.live import webhook as webhooks
from stars.live.telegram import Telegram, TelegramError
from stars.live.webhook import Webhook

METRICS = {
    "telegram": (
        "stars_telegram_answers",
        "1 if Telegram answered the bot, 0 if not.",
    ),
    "webhook": (
        "stars_telegram_webhook_in_order",
        "1 if Telegram sends here what payments need, 0 if not.",
    ),
    "silence": (
        "stars_telegram_last_update_age_seconds",
        "How long ago Telegram told something.",
    ),
    "clock": (
        "stars_telegram_clock_ahead_seconds",
        "By how much Telegram's clock is ahead of ours.",
    ),
    "balance": (
        "stars_telegram_balance_stars",
        "The Stars of the bot, less those that wait to be refunded.",
    ),
    "forwarding": (
        "stars_telegram_forward_age_seconds",
        "How long the oldest update has waited for the shop's own bot.",
    ),
    "reconcile": (
        "stars_reconcile_age_seconds",
        "How long ago all this was looked at.",
    ),
}
"""By the name of a check: the name of its gauge, and what that shows."""

CLOCK_LIMIT = 30.0
"""Seconds. NTP keeps a clock within a second: half a minute is no drift, but a fault."""

FORWARD_LIMIT = timedelta(minutes=15)
"""A bot may be deployed, or be away for a moment. Who writes to it gives up sooner."""

RECONCILE_LIMIT = timedelta(minutes=15)
"""It runs every five minutes. One run may be missed and one may take long, three are an outage."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What our own tables say. Seconds, None where there is nothing to count from.

    `unanswered_for`: since the first live purchase after the last update. `forward_age`: since the
    oldest update that waits for the shop's own bot.
    """

    last_update_age: float | None
    unanswered_for: float | None
    stars_to_refund: int
    forward_age: float | None


def look(
    db: Database, telegram: Telegram, *, webhook: Webhook, silence_after: timedelta
) -> tuple[HealthCheck, ...]:
    """Look for what stops sales, and store what is found.

    Args:
        db: where purchases, updates and findings are.
        telegram: the bot that sells.
        webhook: where Telegram is to send.
        silence_after: how long Telegram may say nothing while purchases are started.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    age, unanswered_for, stars, forward_age = db.fetch_one(
        queries.read_health_facts, bot_id=telegram.bot_id
    )
    facts = Facts(
        last_update_age=age,
        unanswered_for=unanswered_for,
        stars_to_refund=stars,
        forward_age=forward_age,
    )
    found = (
        *_look_at_telegram(telegram, webhook, facts),
        _check_silence(facts, silence_after),
        _check_forwarding(facts.forward_age),
    )
    _store(db, telegram.bot_id, found)
    return found


def latest(db: Database, *, bot_id: int) -> tuple[HealthCheck, ...]:
    """Return what the last look found, and how long ago that was.

    Raises:
        Busy, DatabaseUnavailable: nobody can tell.

    """
    rows = db.fetch_all(queries.list_health, bot_id=bot_id)
    found = []
    ages = []
    for name, value, problem, cure, age in rows:
        found.append(_check(name, value, Problem(problem=problem, cure=cure) if problem else None))
        ages.append(age)
    return (*found, _check_age(min(ages, default=None)))


def _look_at_telegram(telegram: Telegram, webhook: Webhook, facts: Facts) -> Iterator[HealthCheck]:
    try:
        info = telegram.webhook_info()
        balance = telegram.star_balance()
    except TelegramError as error:
        yield _check("telegram", 0, unreachable(error))
        for unknown in ("webhook", "clock", "balance"):
            yield _check(unknown, None, None)
        return
    yield _check("telegram", 1, None)
    yield _check_webhook(info, webhook)
    yield _check_clock(telegram.clock_ahead)
    yield _check_balance(balance, facts.stars_to_refund)


def unreachable(error: TelegramError) -> Problem:
    """Return the problem that Telegram answered with an error, or not at all."""
    cure = "look at TELEGRAM_API_URL and the network"
    if error.refused:
        cure = "take TELEGRAM_BOT_TOKEN from @BotFather"
    return Problem(problem=str(error), cure=cure)


def _check_webhook(info: Json, webhook: Webhook) -> HealthCheck:
    problems = webhooks.misdirections(info, webhook)
    failed = webhooks.failed_delivery(info, webhook)
    # A failure of before is none any more once everything has been delivered.
    if failed and webhooks.waiting_updates(info):
        problems.append(failed)
    if not problems:
        return _check("webhook", 1, None)
    return _check("webhook", 0, problems[0])


def _check_silence(facts: Facts, silence_after: timedelta) -> HealthCheck:
    """A shop may have quiet days: silence is one that purchases break, and Telegram does not."""
    problem = None
    silent_for = timedelta(seconds=facts.unanswered_for or 0)
    if silent_for > silence_after:
        hours = silent_for // timedelta(hours=1)
        problem = Problem(
            problem=f"purchases are started, and Telegram has told nothing for {hours} hours",
            cure="pay one yourself, and look at flask telegram webhook info",
        )
    return _check("silence", facts.last_update_age, problem)


def _check_forwarding(age: float | None) -> HealthCheck:
    problem = None
    if age is not None and age > FORWARD_LIMIT.total_seconds():
        problem = Problem(
            problem=f"an update has waited {age / 60:.0f} minutes for the shop's own bot",
            cure="see that FORWARD_UPDATES_URL answers with 2xx, and that a worker runs",
        )
    return _check("forwarding", age, problem)


def _check_clock(ahead: float | None) -> HealthCheck:
    problem = None
    if ahead is not None and abs(ahead) > CLOCK_LIMIT:
        direction = "behind" if ahead > 0 else "ahead of"
        problem = Problem(
            problem=f"this clock is {abs(ahead):.0f} s {direction} Telegram's",
            cure="set it, and have NTP keep it",
        )
    return _check("clock", ahead, problem)


def _check_balance(balance: int, stars_to_refund: int) -> HealthCheck:
    problem = None
    if stars_to_refund > balance:
        problem = Problem(
            problem=f"{stars_to_refund} Stars are to be refunded, and the bot has {balance}",
            cure="sell something, or send the bot Stars; refunds are asked for again by themselves",
        )
    return _check("balance", balance - stars_to_refund, problem)


def _check_age(seconds: float | None) -> HealthCheck:
    problem = None
    if seconds is None or seconds > RECONCILE_LIMIT.total_seconds():
        since = "ever" if seconds is None else f"for {seconds / 60:.0f} minutes"
        problem = Problem(
            problem=f"nobody has reconciled {since}",
            cure="have flask telegram reconcile run every five minutes",
        )
    return _check("reconcile", seconds, problem)


def _check(name: str, value: float | None, problem: Problem | None) -> HealthCheck:
    metric, meaning = METRICS[name]
    return HealthCheck(name=name, metric=metric, meaning=meaning, value=value, problem=problem)


def _store(db: Database, bot_id: int, found: tuple[HealthCheck, ...]) -> None:
    checks = []
    for one in found:
        problem = one.problem.problem if one.problem else None
        cure = one.problem.cure if one.problem else None
        checks.append({"name": one.name, "value": one.value, "problem": problem, "cure": cure})
    db.fetch_one(queries.store_health, bot_id=bot_id, checks=json.dumps(checks))
