"""The Bot API as bots see it: addresses, arguments, envelopes, and which fault strikes which call."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
from flask import Response, request
from werkzeug.wrappers import Request

from stars.simulator.methods import METHODS
from stars.simulator.world import Bot, Refused, World, bad_request

TOKEN = re.compile(r"([1-9][0-9]{0,15}):[A-Za-z0-9_-]{30,64}")
# A webhook's answer may not ask these (WebhookActor.cpp), nor anything that begins with "get".
NOT_INLINE = ("setwebhook", "deletewebhook", "close", "logout", "get")


def answer(world: World, token: str, method: str, test: bool = False) -> Response:
    """Answer one request to /bot<token>/<method>, or drop its connection."""
    try:
        bot = find_bot(world, token, test)
        bot.address = request.host_url
        body = call(world, bot, method, arguments(request))
    except Refused as refused:
        body = envelope(refused)
    if body is None:
        return Response(_dropped())
    seconds = body.get("parameters", {}).get("retry_after")
    headers = {"Content-Type": "application/json"} | ({"Retry-After": str(seconds)} if seconds else {})
    return Response(json.dumps(body, ensure_ascii=False), body.get("error_code", 200), headers)


def answer_inline(world: World, bot: Bot, reply: httpx.Response) -> None:
    """Make the call that a webhook's answer may hold. The bot never sees the result."""
    content_type = reply.headers.get("Content-Type", "")
    try:
        args = arguments(Request.from_values(data=reply.content, content_type=content_type, method="POST"))
    except Refused:
        return
    method = args.pop("method", "")
    if method and not method.lower().startswith(NOT_INLINE):
        call(world, bot, method, args, inline=True)


def call(world: World, bot: Bot, method: str, args: dict[str, str], inline: bool = False) -> dict[str, Any] | None:
    """The envelope that answers the call, None when the connection is to be dropped instead."""
    facts = {"bot": bot.name, "method": method.lower(), "user": args.get("user_id"), "payload": args.get("payload"),
             "charge": args.get("telegram_payment_charge_id")}
    shown = {name: "***" if name == "secret_token" else value for name, value in args.items()}
    with world.lock:
        timeout = world.take("timeout", facts)
        body = None if timeout else _carried_out(world, bot, args, facts)
        lost = None if timeout else world.take("lost_answer", facts)
        world.note("request", bot=bot.name, method=method, inline=inline, args=shown, answer=body, lost=bool(lost))
        if fault := timeout or lost:
            if not inline:
                world.clock.wait(lambda: False, world.clock.now() + fault.options.get("seconds", 60 if timeout else 0))
            status = fault.options.get("status")
            return {"ok": False, "error_code": status, "description": "Bad Gateway"} if status else None
        return body


def _carried_out(world: World, bot: Bot, args: dict[str, str], facts: dict[str, Any]) -> dict[str, Any]:
    try:
        if fault := world.take("429", facts):
            seconds = fault.options.get("retry_after", 1)
            raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        if world.take("500", facts):
            raise Refused(500, "Internal Server Error")
        if world.take("balance_too_low", facts):
            raise bad_request("BALANCE_TOO_LOW")
        if (carry_out := METHODS.get(facts["method"])) is None:
            raise Refused(404, "Not Found: method not found")
        result = carry_out(world, bot, args)
        described = result if isinstance(result, tuple) else (result,)
        if world.take("already_refunded", facts):  # tdlib/telegram-bot-api#690
            raise bad_request("CHARGE_ALREADY_REFUNDED")
    except Refused as refused:
        return envelope(refused)
    return {"ok": True} | dict(zip(("result", "description"), described, strict=False))


def envelope(refused: Refused) -> dict[str, Any]:
    """How the Bot API says no."""
    body = {"ok": False, "error_code": refused.code, "description": refused.description}
    return body | ({"parameters": refused.parameters} if refused.parameters else {})


def _dropped() -> Iterator[bytes]:
    """A body that breaks before its first byte, upon which the server closes the connection without an answer."""
    raise ConnectionResetError
    yield b""


def find_bot(world: World, token: str, test: bool) -> Bot:
    """The bot of this token, a new one if its number is new. Raises Refused.

    A number belongs to the first secret it is called with, as if BotFather had made it then: another one is 401.
    """
    if (shape := TOKEN.fullmatch(token)) is None:
        raise Refused(401, "Unauthorized") if re.match(r"[1-9]\d*:", token) else Refused(404, "Not Found")
    with world.lock:
        name = f"{shape[1]}/test" if test else shape[1]
        if name not in world.bots:
            world.bots[name] = Bot(int(shape[1]), token, name, world.random.randrange(10**8, 10**9))
            world.note("bot", bot=name)
        if world.bots[name].token != token:
            raise Refused(401, "Unauthorized")
        return world.bots[name]


def arguments(request: Request) -> dict[str, str]:
    """The arguments of a call, wherever they stand: query, form, multipart or JSON; what is no string, as JSON."""
    args = {**request.args, **request.form}
    if request.mimetype == "application/json" and request.get_data():
        given = request.get_json(silent=True)
        if not isinstance(given, dict):
            raise bad_request("can't parse JSON object")
        args |= {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in given.items() if value is not None
        }
    return args
