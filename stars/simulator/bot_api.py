"""The Bot API as bots see it: addresses, envelopes, and which fault strikes which call."""

import json
import re
from collections.abc import Iterator

from flask import Response, request
from werkzeug.wrappers import Request

from stars.simulator.amounts import Json
from stars.simulator.answers import Described, Refused
from stars.simulator.arguments import Args, read_arguments
from stars.simulator.deliveries import Reply
from stars.simulator.faults import Fault
from stars.simulator.files import download, find_path
from stars.simulator.methods import METHODS
from stars.simulator.methods.documented import empty_result
from stars.simulator.records import Bot
from stars.simulator.world import World

PATH = re.compile(r"(?P<token>(?P<number>[1-9][0-9]{0,15}):[^/]*)(?P<test>/test)?/(?P<rest>.+)")
METHOD = re.compile(r"\w+")
TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{30,64}")
# The beginnings of methods that a webhook's answer cannot call; after WebhookActor.cpp.
NOT_INLINE = ("setwebhook", "deletewebhook", "close", "logout", "get")
TIMEOUT_SECONDS = 60  # how long the fault `timeout` keeps a caller waiting


def answer(world: World, path: str) -> Response:
    """Answer a request to /bot<path>, or drop its connection.

    `path` is <token>/<method>, or <token>/test/<method> for a bot of the test environment.
    """
    try:
        bot, method = identify(world, path)
        if not METHOD.fullmatch(method):
            raise Refused("Not Found", 404)
        body = call(world, bot, method, read_arguments(request))
    except Refused as refused:
        body = refused.body
    return Response(_dropped()) if body is None else _envelope(body)


def answer_download(world: World, path: str) -> Response:
    """Answer a request to /file/bot<path>; `path` is <token>/<file_path>, as getFile tells it."""
    try:
        _, file_path = identify(world, path)
        with world.lock:
            return download(find_path(world, file_path))
    except Refused as refused:
        return _envelope(refused.body)


def identify(world: World, path: str) -> tuple[Bot, str]:
    """The bot whose token begins a path, and the rest of the path; raises Refused."""
    named = PATH.fullmatch(path)
    if named is None:
        raise Refused("Not Found", 404)
    name = named["number"] + (named["test"] or "")
    with world.lock:
        bot = find_bot(world, named["token"], name)
        bot.address = request.host_url
    return bot, named["rest"]


def _envelope(body: Json) -> Response:
    headers = {"Content-Type": "application/json"}
    retry_after = body.get("parameters", {}).get("retry_after")
    if retry_after:
        headers["Retry-After"] = str(retry_after)
    return Response(json.dumps(body), body.get("error_code", 200), headers)


def answer_inline(world: World, bot: Bot, reply: Reply) -> None:
    """Make the call that a webhook's reply may hold. The bot never sees the result."""
    args = read_arguments(
        Request.from_values(data=reply.content, content_type=reply.content_type, method="POST")
    )
    method = args.texts.pop("method", "")
    if method and not method.lower().startswith(NOT_INLINE):
        call(world, bot, method, args, inline=True)


def call(world: World, bot: Bot, method: str, args: Args, inline: bool = False) -> Json | None:
    """Carry out a call; its envelope, or None when the connection is to be dropped instead."""
    facts = {
        "bot": bot.name,
        "method": method.lower(),
        "user": args.texts.get("user_id"),
        "payload": args.texts.get("payload"),
        "charge": args.texts.get("telegram_payment_charge_id"),
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
            args=args.shown(),
            answer=body,
            lost=bool(body and fault),
        )
        if fault is None:
            return body
        if not inline:
            _keep_waiting(world, fault)
        status = fault.options.get("status")
        return Refused("Bad Gateway", status).body if status else None


def _keep_waiting(world: World, fault: Fault) -> None:
    default = TIMEOUT_SECONDS if fault.kind == "timeout" else 0
    deadline = world.clock.now() + fault.options.get("seconds", default)
    world.clock.wait(lambda: False, deadline)


def _carry_out(world: World, bot: Bot, args: Args, facts: Json) -> Json:
    """The envelope of a call, whether it was carried out or refused."""
    refund = facts["method"] == "refundstarpayment"
    try:
        _strike_before(world, facts, refund)
        result = _result(world, bot, facts["method"], args)
        if refund and world.take("already_refunded", facts):  # tdlib/telegram-bot-api#690
            raise Refused("CHARGE_ALREADY_REFUNDED")
    except Refused as refused:
        return refused.body
    if isinstance(result, Described):
        return {"ok": True, "result": result.result, "description": result.description}
    return {"ok": True, "result": result}


def _result(world: World, bot: Bot, method: str, args: Args) -> object:
    """Do what the method does, or nothing if it is only documented; raises Refused."""
    if method in METHODS:
        return METHODS[method](world, bot, args)
    if world.settings.strict_methods:
        raise Refused("Not Found: method not found", 404)
    return empty_result(world, bot, method, args)


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
