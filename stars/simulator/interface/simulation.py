"""The simulation itself under /sim/: bots, clock, journal, faults, settings."""

from stars.simulator import faults
from stars.simulator.amounts import Json
from stars.simulator.interface.lookup import number, query_number
from stars.simulator.interface.purchases import LONGEST_WAIT
from stars.simulator.world import World


def list_bots(world: World, _given: Json) -> list[Json]:
    """All bots that have called."""
    return [
        {"bot": bot.name, "balance": bot.balance, "url": bot.webhook.url}
        for bot in world.bots.values()
    ]


def get_clock(world: World, _given: Json) -> Json:
    """The simulated time."""
    return {"now": world.clock.now()}


def push_clock(world: World, given: Json) -> Json:
    """Push the time by `advance` seconds."""
    advance = number(given, "advance")
    settle = number(given, "settle", 5, LONGEST_WAIT)
    world.clock.advance(advance, settle)
    return {"now": world.clock.now()}


def wait_for_quiet(world: World, given: Json) -> Json:
    """Wait until no delivery is under way and nothing is due."""
    within = query_number(given, "within", 30, LONGEST_WAIT)
    quiet = world.lock.wait_for(world.clock.quiet, within)
    pending = sum(len(bot.updates) for bot in world.bots.values())
    return {"quiet": quiet, "pending_updates": pending}


def read_journal(world: World, given: Json) -> list[Json]:
    """The lines after the number `after` that have all the other values asked for.

    With `wait`, waits that many real seconds for a line after that number.
    """
    wanted = dict(given)
    after = int(wanted.pop("after", 0))
    wait = query_number({"wait": wanted.pop("wait", 0)}, "wait", high=LONGEST_WAIT)
    world.lock.wait_for(lambda: world.clock.closed or len(world.journal) > after, wait)
    return [line for line in world.journal[after:] if _has(line, wanted)]


def list_faults(world: World, _given: Json) -> list[Json]:
    """The armed faults, also those that are used up."""
    return [vars(fault) for fault in world.faults]


def arm(world: World, given: Json) -> Json:
    """Arm a fault."""
    fault = faults.armed(len(world.journal) + 1, given)
    world.faults.append(fault)
    world.note("armed", **vars(fault))
    return vars(fault)


def clear_faults(world: World, fault_id: int | None) -> list[Json]:
    """Forget one fault, or all of them; those that are left."""
    if fault_id is None:
        world.faults = []
    else:
        world.faults = [fault for fault in world.faults if fault.id != fault_id]
    return list_faults(world, {})


def get_settings(world: World, _given: Json) -> Json:
    """The settings."""
    return vars(world.settings)


def change_settings(world: World, given: Json) -> Json:
    """Change some settings."""
    world.settings = world.settings.changed(given)
    return vars(world.settings)


LOOK = {
    "bots": list_bots,
    "clock": get_clock,
    "quiet": wait_for_quiet,
    "journal": read_journal,
    "faults": list_faults,
    "settings": get_settings,
}
ACT = {
    "clock": push_clock,
    "faults": arm,
    "settings": change_settings,
}


def _has(line: Json, wanted: Json) -> bool:
    return all(str(line.get(name)) == value for name, value in wanted.items())
