"""The Bot API as bots see it: addresses, arguments, envelopes, and which fault strikes which call."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
from flask import Response, request
from werkzeug.wrappers import Request

from stars.simulator.methods import METHODS
from stars.simulator.world import Bot, Refused, World

PATH = re.compile(r"(?P<token>(?P<number>[1-9][0-9]{0,15}):[^/]*)(?P<test>/test)?/(?P<method>\w+)")
SECRET = re.compile(r"\d+:[A-Za-z0-9_-]{30,64}")
NOT_INLINE = (
    "setwebhook",
    "deletewebhook",
    "close",
    "logout",
    "get",
)  # not in a webhook's answer; after WebhookActor.cpp


def answer(world: World, path: str) -> Response:
    """Answer one request to /bot<token>/<method> or /bot<token>/test/<method>, or drop its connection."""
    try:
        if (named := PATH.fullmatch(path)) is None:
            raise Refused("Not Found", 404)
        with world.lock:
            bot = find_bot(world, named["token"], named["number"] + (named["test"] or ""))
            bot.address = request.host_url
        body = call(world, bot, named["method"], arguments(request))
    except Refused as refused:
        body = refused.body
    if body is None:
        return Response(_dropped())
    seconds = body.get("parameters", {}).get("retry_after")
    headers = {"Content-Type": "application/json"} | (
        {"Retry-After": str(seconds)} if seconds else {}
    )
    return Response(json.dumps(body), body.get("error_code", 200), headers)


def answer_inline(world: World, bot: Bot, reply: httpx.Response) -> None:
    """Make the call that a webhook's answer may hold. The bot never sees the result."""
    args = arguments(
        Request.from_values(
            data=reply.content, content_type=reply.headers.get("Content-Type"), method="POST"
        )
    )
    method = args.pop("method", "")
    if method and not method.lower().startswith(NOT_INLINE):
        call(world, bot, method, args, inline=True)


def call(
    world: World, bot: Bot, method: str, args: dict[str, str], inline: bool = False
) -> dict[str, Any] | None:
    """The envelope that answers the call, None when the connection is to be dropped instead."""
    facts = {
        "bot": bot.name,
        "method": method.lower(),
        "user": args.get("user_id"),
        "payload": args.get("payload"),
        "charge": args.get("telegram_payment_charge_id"),
    }
    shown = {name: "***" if name == "secret_token" else value for name, value in args.items()}
    with world.lock:
        timeout = world.take("timeout", facts)
        body = None if timeout else _carried_out(world, bot, args, facts)
        lost = None if timeout else world.take("lost_answer", facts)
        world.note(
            "request",
            bot=bot.name,
            method=method,
            inline=inline,
            args=shown,
            answer=body,
            lost=bool(lost),
        )
        if fault := timeout or lost:
            if not inline:
                world.clock.wait(
                    lambda: False,
                    world.clock.now() + fault.options.get("seconds", 60 if timeout else 0),
                )
            status = fault.options.get("status")
            return Refused("Bad Gateway", status).body if status else None
        return body


def _carried_out(
    world: World, bot: Bot, args: dict[str, str], facts: dict[str, Any]
) -> dict[str, Any]:
    refund = facts["method"] == "refundstarpayment"
    try:
        if fault := world.take("429", facts):
            seconds = fault.options.get("retry_after", 1)
            raise Refused(f"Too Many Requests: retry after {seconds}", 429, retry_after=seconds)
        if world.take("500", facts):
            raise Refused("Internal Server Error", 500)
        if refund and world.take("balance_too_low", facts):
            raise Refused("BALANCE_TOO_LOW")
        if (carry_out := METHODS.get(facts["method"])) is None:
            raise Refused("Not Found: method not found", 404)
        result = carry_out(world, bot, args)
        if refund and world.take("already_refunded", facts):  # tdlib/telegram-bot-api#690
            raise Refused("CHARGE_ALREADY_REFUNDED")
    except Refused as refused:
        return refused.body
    result, description = result if isinstance(result, tuple) else (result, None)
    return {"ok": True, "result": result} | ({"description": description} if description else {})


def _dropped() -> Iterator[bytes]:
    """A body that breaks before its first byte, upon which the server closes the connection without an answer."""
    raise ConnectionResetError
    yield b""


def find_bot(world: World, token: str, name: str) -> Bot:
    """The bot of that name, a new one if need be; raises Refused if it called first with another token."""
    if SECRET.fullmatch(token) and name not in world.bots:
        world.bots[name] = Bot(
            int(token.partition(":")[0]), token, name, world.random.randrange(10**8, 10**9)
        )
        world.note("bot", bot=name)
    if name not in world.bots or world.bots[name].token != token:
        raise Refused("Unauthorized", 401)
    return world.bots[name]


def arguments(request: Request) -> dict[str, str]:
    """The arguments of a call, wherever they stand: query, form, multipart or JSON; what is no string, as JSON."""
    args = {**request.args, **request.form}
    given = request.get_json(silent=True) if request.mimetype == "application/json" else None
    for name, value in given.items() if isinstance(given, dict) else ():
        if value is not None:
            args[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return args
