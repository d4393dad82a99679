"""What tests use, as JSON under /sim/: users, payments, the clock, the journal, faults, settings. See the README."""

import json
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import init_data_py
from flask import Blueprint, Response, current_app, jsonify, request

from stars.simulator import faults, payments
from stars.simulator.world import Bot, Checkout, Invoice, User, World

blp = Blueprint("sim", __name__, url_prefix="/sim")
LONGEST_WAIT = 60  # real seconds
Given = dict[str, Any]
V = TypeVar("V")


class Unknown(ValueError):
    """Something that is named and not there."""


@blp.app_errorhandler(Unknown)
@blp.errorhandler(ValueError)
def refuse(wrong: ValueError) -> tuple[Given, int]:
    """Say what is wrong with a request."""
    return {"error": str(wrong)}, 404 if isinstance(wrong, Unknown) else 400


@blp.route("/<name>", methods=["GET", "POST"])
def look_or_act(name: str) -> Response:
    """Everything but the clearing of faults: the tables at the end say what there is."""
    table, given = (
        (GET, dict(request.args))
        if request.method == "GET"
        else (POST, request.get_json(silent=True))
    )
    if not isinstance(given, dict):
        raise ValueError("send a JSON object")
    with current_app.extensions["simulator"].lock:
        return jsonify(
            find(table, name, request.method)(current_app.extensions["simulator"], given)
        )


@blp.delete("/faults")
@blp.delete("/faults/<int:fault_id>")
def clear(fault_id: int | None = None) -> Response:
    """Forget every fault, or one."""
    world: World = current_app.extensions["simulator"]
    with world.lock:
        world.faults = [fault for fault in world.faults if fault_id not in (None, fault.id)]
        return jsonify([vars(fault) for fault in world.faults])


def find(table: dict[Any, V], key: object, what: str) -> V:
    """What a table has under a key; raises Unknown."""
    if key not in table:
        raise Unknown(f"no such {what}: {key}")
    return table[key]


def find_invoice(world: World, link: Any) -> Invoice:
    """The invoice behind a link of either form, or a slug; raises Unknown."""
    return find(world.invoices, re.split(r"\$|/invoice/", str(link))[-1], "link")


def save_user(world: World, given: Given) -> User:
    """Create a user, or change one who is there; raises ValueError."""
    user_id = int(_number(given, "id", 0, high=2**52 - 1))
    there = world.users.get(user_id)
    stars = int(_number(given, "stars", there.stars if there else 0))
    texts: Given = {
        name: str(given[name])
        for name in ("first_name", "username", "language_code")
        if name in given
    }
    user = there or world.add_user(user_id)
    vars(user).update(texts, stars=stars)
    world.note("user", **vars(user))
    return user


def pay(world: World, invoice: Invoice, user: User, wait: float) -> Checkout:
    """Press Pay and wait for the outcome, `wait` real seconds at most."""
    checkout = payments.begin(world, invoice, user)
    world.lock.wait_for(lambda: checkout.status != "pending", wait)
    return checkout


def _number(given: Given, name: str, default: float | None = None, high: float = 2**52) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= high:
        raise ValueError(f"{name} is a number from 0 to {high}")
    return value


def _user(world: World, given: Given) -> User:
    return find(world.users, int(_number(given, "user", 0)), "user")


def _bot(world: World, given: Given) -> Bot:
    """The bot that `bot` names, or the one that called first."""
    return find(world.bots, str(given.get("bot", next(iter(world.bots), ""))), "bot")


def _launch(world: World, given: Given) -> Given:
    """Sign launch data, as the Mini App of `bot` gets it for `user`. Its date is real, whatever the clock was pushed by."""
    user, bot = _user(world, given), _bot(world, given)
    named = {name: value for name, value in user.shown().items() if name != "is_bot"} | {
        "allows_write_to_pm": True
    }
    fields = {
        "query_id": world.word(24),
        "user": json.dumps(named, ensure_ascii=False, separators=(",", ":")),
        "signature": world.word(86),
    }  # Telegram's own would need its private key; `hash` covers this one as well
    fields |= {"start_param": str(given["start_param"])} if "start_param" in given else {}
    return {
        "init_data": init_data_py.sign(
            fields, bot.token, auth_date=_number(given, "auth_date", time.time())
        )
    }


def _look(world: World, given: Given, what: str) -> Given:
    invoice, user = find_invoice(world, given.get("link")), _user(world, given)
    world.note(what, user=user.id, slug=invoice.slug, payload=invoice.payload)
    return _offer(invoice) | {"status": what}


def _pay(world: World, given: Given) -> Given:
    invoice, user = find_invoice(world, given.get("link")), _user(world, given)
    return pay(world, invoice, user, _number(given, "wait", 30, LONGEST_WAIT)).shown()


def _offer(invoice: Invoice) -> Given:
    return vars(invoice) | {"bot": invoice.bot.name, "currency": "XTR"}


def _charge_back(world: World, given: Given) -> Given:
    checkout = find(world.paid, str(given.get("charge")), "charge")
    payments.give_back(world, checkout, "chargeback")
    return checkout.shown()


def _withdraw(world: World, given: Given) -> Given:
    return {
        "balance": payments.withdraw(world, _bot(world, given), int(_number(given, "stars", 0)))
    }


def _push(world: World, given: Given) -> Given:
    world.clock.advance(_number(given, "advance"), _number(given, "settle", 5, LONGEST_WAIT))
    return {"now": world.clock.now()}


def _quiet(world: World, given: Given) -> Given:
    calm = world.lock.wait_for(world.clock.quiet, min(float(given.get("within", 30)), LONGEST_WAIT))
    return {"quiet": calm, "pending_updates": sum(len(bot.updates) for bot in world.bots.values())}


def _journal(world: World, given: Given) -> list[Given]:
    lines = world.journal[int(given.pop("after", 0)) :]
    return [
        line for line in lines if all(str(line.get(name)) == value for name, value in given.items())
    ]


def _arm(world: World, given: Given) -> Given:
    world.faults.append(faults.armed(len(world.journal) + 1, given))
    world.note("armed", **vars(world.faults[-1]))
    return vars(world.faults[-1])


def _set(world: World, given: Given) -> Given:
    world.settings = world.settings.changed(given)
    return vars(world.settings)


GET: dict[str, Callable[[World, Given], Any]] = {
    "users": lambda world, _: [vars(user) for user in world.users.values()],
    "links": lambda world, _: [_offer(invoice) for invoice in world.invoices.values()],
    "checkouts": lambda world, _: [one.shown() for one in world.checkouts.values()],
    "bots": lambda world, _: [
        {"bot": bot.name, "balance": bot.balance, "url": bot.url} for bot in world.bots.values()
    ],
    "clock": lambda world, _: {"now": world.clock.now()},
    "quiet": _quiet,
    "journal": _journal,
    "faults": lambda world, _: [vars(fault) for fault in world.faults],
    "settings": lambda world, _: vars(world.settings),
}
POST: dict[str, Callable[[World, Given], Any]] = {
    "users": lambda world, given: vars(save_user(world, given)),
    "launch": _launch,
    "open": lambda world, given: _look(world, given, "opened"),
    "pay": _pay,
    "cancel": lambda world, given: _look(world, given, "cancelled"),
    "chargeback": _charge_back,
    "withdraw": _withdraw,
    "clock": _push,
    "faults": _arm,
    "settings": _set,
}
