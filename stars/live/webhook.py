"""The webhook: where Telegram is to send updates, and what is wrong with where it sends them."""

import time
from dataclasses import dataclass

from stars.config import Settings
from stars.domain.health import Problem
from stars.domain.types import Json
from stars.live.telegram import UPDATES, Telegram

PATH = "/api/v1/purchase/webhook"
SET_AGAIN = "flask telegram webhook set"
SET_AGAIN_OR_RELAY = f"{SET_AGAIN}; or RELAYED_UPDATES=true, if the shop's own bot relays"
ASK_FOR_IT = "have the shop's own bot ask for it in allowed_updates"

FRESH = 3600
"""Seconds after which a delivery that failed is history."""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where Telegram is to send, with which secret. `url` is None if PUBLIC_URL is not set.

    `is_for_all`: the shop's own bot is passed on what is not for us. `is_theirs`: that bot has the
    webhook, or polls, and relays what comes.
    """

    url: str | None
    secret: str
    is_for_all: bool = False
    is_theirs: bool = False

    @classmethod
    def from_settings(cls, settings: Settings) -> "Webhook":
        """Return the webhook that these settings ask for."""
        url = settings.public_url + PATH if settings.public_url else None
        return cls(
            url=url,
            secret=settings.telegram_webhook_secret or "",
            is_for_all=settings.forward_updates_url is not None,
            is_theirs=settings.relayed_updates,
        )


def claim(telegram: Telegram, webhook: Webhook, *, url: str) -> list[str]:
    """Have Telegram send to `url` what it sends already, and what payments need.

    Returns:
        The kinds of updates that are sent from now on; none stands for Telegram's default, which
        has those that payments need.

    Raises:
        TelegramError: it is not set, or nobody knows.

    """
    updates = updates_to_send(telegram.webhook_info(), webhook)
    telegram.set_webhook(url=url, secret=webhook.secret, updates=updates)
    return updates


def updates_to_send(info: Json, webhook: Webhook) -> list[str]:
    """Return the kinds of updates to ask for, where Telegram says `info` of those it sends now.

    Nothing is taken from a bot that has them already, by its list or by Telegram's default.
    """
    sent = info.get("allowed_updates", [])
    if sent:
        return sorted({*sent, *UPDATES})
    somebody_listens = webhook.is_for_all or bool(info.get("url"))
    return [] if somebody_listens else sorted(UPDATES)


def repair(telegram: Telegram, webhook: Webhook) -> bool:
    """Set the webhook again if it is not where it should be.

    Returns:
        True if it was set again. Without a url it never is, nor where it is the bot's own.

    Raises:
        TelegramError: it is not set, or nobody knows.

    """
    if webhook.url is None or webhook.is_theirs:
        return False
    if not misdirections(telegram.webhook_info(), webhook):
        return False
    claim(telegram, webhook, url=webhook.url)
    return True


def misdirections(info: Json, webhook: Webhook) -> list[Problem]:
    """Return why Telegram, which says `info`, does not send here what payments need.

    https://core.telegram.org/bots/api#webhookinfo
    """
    found = []
    wrong_place = None if webhook.is_theirs else _wrong_place(info.get("url", ""), webhook.url)
    if wrong_place:
        found.append(Problem(problem=wrong_place, cure=SET_AGAIN_OR_RELAY))
    sent = info.get("allowed_updates") or UPDATES
    lacking = sorted(set(UPDATES) - set(sent))
    if lacking:
        names = ", ".join(lacking)
        cure = ASK_FOR_IT if webhook.is_theirs else SET_AGAIN
        found.append(Problem(problem=f"Telegram does not send {names}", cure=cure))
    return found


def failed_delivery(info: Json, webhook: Webhook) -> Problem | None:
    """Return why the last delivery failed, if it did not long ago."""
    error = info.get("last_error_message")
    age = time.time() - info.get("last_error_date", 0)
    if not error or age > FRESH:
        return None
    cure = "see that PUBLIC_URL is reachable, look into the logs"
    if webhook.is_theirs:
        cure = "look into the logs of the shop's own bot"
    elif "401" in error:
        cure = f"the secret differs: {SET_AGAIN}"
    return Problem(problem=f"the last delivery failed: {error}", cure=cure)


def waiting_updates(info: Json) -> int:
    """Return how many updates Telegram has not delivered yet."""
    return int(info.get("pending_update_count", 0))


def _wrong_place(url: str, expected: str | None) -> str | None:
    """Say what is wrong with the address that Telegram sends to, None if nothing is."""
    if not url:
        should_be = f", not {expected}" if expected else ""
        return f"the webhook is not set{should_be}: it was deleted, or somebody polls"
    if expected is not None:
        return None if url == expected else f"the webhook is {url}, not {expected}"
    return None if url.endswith(PATH) else f"the webhook is {url}, which is not this service"
