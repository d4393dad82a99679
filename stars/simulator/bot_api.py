"""The Bot API as bots see it: addresses, envelopes, and which fault strikes which call."""

import json
import re
from collections.abc import Iterator

from flask import Response, request
from werkzeug.wrappers import Request

from stars.simulator.answers import Described, Refused
from stars.simulator.arguments import Args, arguments
from stars.simulator.faults import Fault
from stars.simulator.methods import METHODS
from stars.simulator.records import Bot, Json, Reply
from stars.simulator.world import World

PATH = re.compile(r"(?P<token>(?P<number>[1-9][0-9]{0,15}):[^/]*)(?P<test>/test)?/(?P<method>\w+)")
TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{30,64}")
# The beginnings of methods that a webhook's answer cannot call; after WebhookActor.cpp.
NOT_INLINE = ("setwebhook", "deletewebhook", "close", "logout", "get")
TIMEOUT_SECONDS = 60  # how long the fault `timeout` keeps a caller waiting


def answer(world: World, path: str) -> Response:
    """Answer a request to /bot<path>, or drop its connection.

    `path` is <token>/<method>, or <token>/test/<method> for a bot of the test environment.
    """
    try:
        named = PATH.fullmatch(path)
        if named is None:
            raise Refused("Not Found", 404)
        name = named["number"] + (named["test"] or "")
        with world.lock:
            bot = find_bot(world, named["token"], name)
            bot.address = request.host_url
        body = call(world, bot, named["method"], arguments(request))
    except Refused as refused:
        body = refused.body
    if body is None:
        return Response(_dropped())
    headers = {"Content-Type": "application/json"}
    retry_after = body.get("parameters", {}).get("retry_after")
    if retry_after:
        headers["Retry-After"] = str(retry_after)
    return Response(json.dumps(body), body.get("error_code", 200), headers)


def answer_inline(world: World, bot: Bot, reply: Reply) -> None:
    """Make the call that a webhook's reply may hold. The bot never sees the result."""
    args = arguments(
        Request.from_values(data=reply.content, content_type=reply.content_type, method="POST")
    )
    method = args.pop("method", "")
    if method and not method.lower().startswith(NOT_INLINE):
        call(world, bot, method, args, inline=True)


def call(world: World, bot: Bot, method: str, args: Args, inline: bool = False) -> Json | None:
    """Carry out a call; its envelope, or None when the connection is to be dropped instead."""
    facts = {
        "bot": bot.name,
        "method": method.lower(),
        "user": args.get("user_id"),
        "payload": args.get("payload"),
        "charge": args.get("telegram_payment_charge_id"),
    }
    with world.lock:
        body = None
        fault = world.take("timeout", facts)
        if fault is None:
            body = _carry_out(world, bot, args, facts)
            fault = world.take("lost_answer", facts)
        world.note(
            "request",
            bot=bot.name,
            method=method,
            inline=inline,
            args=_without_secret(args),
            answer=body,
            lost=bool(body and fault),
        )
        if fault is None:
            return body
        if not inline:
            _keep_waiting(world, fault)
        status = fault.options.get("status")
        return Refused("Bad Gateway", status).body if status else None


def _without_secret(args: Args) -> Args:
    if "secret_token" not in args:
        return args
    return args | {"secret_token": "***"}


def _keep_waiting(world: World, fault: Fault) -> None:
    default = TIMEOUT_SECONDS if fault.kind == "timeout" else 0
    deadline = world.clock.now() + fault.options.get("seconds", default)
    world.clock.wait(lambda: False, deadline)


def _carry_out(world: World, bot: Bot, args: Args, facts: Json) -> Json:
    """The envelope of a call, whether it was carried out or refused."""
    refund = facts["method"] == "refundstarpayment"
    try:
        _strike_before(world, facts, refund)
        method = METHODS.get(facts["method"])
        if method is None:
            raise Refused("Not Found: method not found", 404)
        result = method(world, bot, args)
        if refund and world.take("already_refunded", facts):  # tdlib/telegram-bot-api#690
            raise Refused("CHARGE_ALREADY_REFUNDED")
    except Refused as refused:
        return refused.body
    if isinstance(result, Described):
        return {"ok": True, "result": result.result, "description": result.description}
    return {"ok": True, "result": result}


def _strike_before(world: World, facts: Json, refund: bool) -> None:
    """Let faults refuse a call before it does anything; raises Refused."""
    slow_down = world.take("429", facts)
    if slow_down:
        seconds = slow_down.options.get("retry_after", 1)
        why = f"Too Many Requests: retry after {seconds}"
        raise Refused(why, 429, retry_after=seconds)
    if world.take("500", facts):
        raise Refused("Internal Server Error", 500)
    if refund and world.take("balance_too_low", facts):
        raise Refused("BALANCE_TOO_LOW")


def _dropped() -> Iterator[bytes]:
    """A body that breaks before its first byte: the server closes the connection unanswered."""
    raise ConnectionResetError
    yield b""


def find_bot(world: World, token: str, name: str) -> Bot:
    """The bot of that name, a new one if need be.

    Raises Refused if the token is malformed, or not the one the bot called with first.
    """
    if TOKEN.fullmatch(token) and name not in world.bots:
        bot_id = int(token.partition(":")[0])
        next_update_id = world.random.randrange(10**8, 10**9)
        world.bots[name] = Bot(bot_id, token, name, next_update_id)
        world.note("bot", bot=name)
    bot = world.bots.get(name)
    if bot is None or bot.token != token:
        raise Refused("Unauthorized", 401)
    return bot
