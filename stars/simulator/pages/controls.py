"""The forms of the home page that steer the simulation: clock, faults, Stars that go back."""

from collections.abc import Callable

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from stars.simulator.amounts import Json
from stars.simulator.current import current_world
from stars.simulator.faults import COUNTED, MATCHED
from stars.simulator.interface.balance import withdraw
from stars.simulator.interface.lookup import query_number
from stars.simulator.interface.purchases import charge_back
from stars.simulator.interface.simulation import arm, clear_faults, push_clock
from stars.simulator.pages.home import PRESETS, home_page
from stars.simulator.world import World

blp = Blueprint("controls", __name__)

NUMBERS = ("copies", "retry_after", "status")


@blp.post("/do/<action>")
def control(action: str) -> Response | tuple[str, int]:
    """Do what a form asks for, and lead back to its part of the page; say it if that is wrong."""
    given = {name: value for name, value in request.form.items() if value}
    if action not in ACTIONS:
        return home_page(f"no such form: {action}"), 404
    world = current_world()
    try:
        with world.lock:
            part = ACTIONS[action](world, given)
    except ValueError as error:
        return home_page(str(error)), 400
    return redirect(f"/#{part}", 303)


def _push(world: World, given: Json) -> str:
    push_clock(world, {"advance": query_number(given, "advance", default=None)})
    return "clock"


def _arm(world: World, given: Json) -> str:
    arm(world, _fault(given))
    return "faults"


def _arm_preset(world: World, given: Json) -> str:
    name = given.get("name")
    if name not in PRESETS:
        raise ValueError(f"no such preset: {name}")
    arm(world, PRESETS[name][1])
    return "faults"


def _clear(world: World, given: Json) -> str:
    fault_id = int(query_number(given, "id")) if "id" in given else None
    clear_faults(world, fault_id)
    return "faults"


def _charge_back(world: World, given: Json) -> str:
    charge_back(world, given)
    return "payments"


def _withdraw(world: World, given: Json) -> str:
    stars = int(query_number(given, "stars"))
    withdraw(world, {"bot": given.get("bot", ""), "stars": stars})
    return "bots"


ACTIONS: dict[str, Callable[[World, Json], str]] = {
    "clock": _push,
    "fault": _arm,
    "preset": _arm_preset,
    "clear": _clear,
    "chargeback": _charge_back,
    "withdraw": _withdraw,
}


def _fault(given: Json) -> Json:
    """The fault that a form describes, as POST /sim/faults takes it; raises ValueError."""
    kind = str(given.get("kind", ""))
    fault: Json = {"kind": kind, "match": {}}
    fault["times"] = None if "forever" in given else int(query_number(given, "times", 1))
    for name in MATCHED:
        if name in given:
            fault["match"][name] = given[name]
    if "seconds" in given:
        fault["seconds"] = query_number(given, "seconds")
    for name in NUMBERS:
        if name in given:
            fault[name] = int(query_number(given, name))
    if "value" in given:
        fault["value"] = int(query_number(given, "value")) if kind in COUNTED else given["value"]
    return fault
