"""setWebhook and its neighbours, and getUpdates."""

import json
import re

import httpx

from stars.simulator.amounts import Json
from stars.simulator.answers import Described, Refused
from stars.simulator.arguments import Args, refuse_if
from stars.simulator.deliveries import Webhook
from stars.simulator.polling import poll
from stars.simulator.records import Bot
from stars.simulator.webhooks import pump
from stars.simulator.world import URL_SAFE, World

THIS_MACHINE = re.compile(r"localhost|127(\.\d+){3}|::1")
PORTS = (None, 443, 80, 88, 8443)


def set_webhook(world: World, bot: Bot, args: Args) -> Described:
    """Set the webhook, or delete it if `url` is empty."""
    url = _webhook_url(world, args.text("url"))
    secret = args.text("secret_token")
    refuse_if(len(secret) > 256, "secret token is too long")
    refuse_if(not set(secret) <= set(URL_SAFE), "secret token contains unallowed characters")
    connections = args.whole("max_connections", 40, 1, 100)
    webhook = Webhook(url, secret, connections, _certificate(world, args) if url else "")
    _choose_updates(bot, args)
    return _change(world, bot, args, webhook)


def delete_webhook(world: World, bot: Bot, args: Args) -> Described:
    """Delete the webhook."""
    return _change(world, bot, args, Webhook())


def get_webhook_info(_world: World, bot: Bot, _args: Args) -> Json:
    """Tell where the webhook is, how many updates wait, and what went wrong last."""
    info: Json = {
        "url": bot.webhook.url,
        "has_custom_certificate": bool(bot.webhook.certificate),
        "pending_update_count": len(bot.updates),
    }
    if bot.webhook.url:
        info["max_connections"] = bot.webhook.max_connections
    if bot.last_error:
        info["last_error_date"], info["last_error_message"] = bot.last_error
    if bot.allowed_updates:
        info["allowed_updates"] = bot.allowed_updates
    return info


def get_updates(world: World, bot: Bot, args: Args) -> list[Json]:
    """Poll for updates."""
    _choose_updates(bot, args)
    offset = args.whole("offset", 0, -(2**31), 2**31)
    limit = args.whole("limit", 100, 1, 100)
    timeout = args.whole("timeout", 0, 0, 50)
    return poll(world, bot, offset, limit, timeout)


METHODS = {
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "getupdates": get_updates,
}


def _change(world: World, bot: Bot, args: Args, webhook: Webhook) -> Described:
    if args.flag("drop_pending_updates"):
        bot.updates.clear()
    before = bot.webhook
    bot.webhook = webhook
    bot.last_error = None
    pump(world, bot)
    return Described(True, _what_was_done(before, webhook))


def _certificate(world: World, args: Args) -> str:
    """The public certificate that was uploaded, as PEM; raises Refused."""
    name = args.text("certificate").removeprefix("attach://") or "certificate"
    upload = args.files.get(name)
    refuse_if(args.text("certificate") and not upload, "bad webhook: certificate must be a file")
    if upload is None:
        return ""
    certificate = upload.content.decode(errors="replace")
    try:
        world.clients.trusting(certificate)
    except ValueError:
        raise Refused("bad webhook: Failed to set custom certificate file") from None
    return certificate


def _webhook_url(world: World, given: str) -> str:
    """The address of a webhook, https unless it says otherwise; raises Refused."""
    if not given:
        return ""
    try:
        url = httpx.URL(given if "://" in given else f"https://{given}")
    except httpx.InvalidURL:
        url = httpx.URL("")
    valid = url.scheme in ("http", "https") and url.host
    refuse_if(not valid, "invalid webhook URL specified")
    if THIS_MACHINE.fullmatch(url.host) and not world.settings.https_only:
        return str(url)
    refuse_if(
        url.scheme != "https",
        "bad webhook: An HTTPS URL must be provided for webhook",
    )
    refuse_if(
        url.port not in PORTS,
        "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
    )
    return str(url)


def _what_was_done(before: Webhook, now: Webhook) -> str:
    if not now.url:
        return "Webhook was deleted" if before.url else "Webhook is already deleted"
    return "Webhook is already set" if now == before else "Webhook was set"


def _choose_updates(bot: Bot, args: Args) -> None:
    """Remember `allowed_updates`.

    If they are left out, the previous choice stays; an empty list means the default.
    """
    try:
        wanted = json.loads(args.text("allowed_updates"))
    except ValueError:
        return
    if isinstance(wanted, list):
        bot.allowed_updates = [str(name).lower() for name in wanted]
