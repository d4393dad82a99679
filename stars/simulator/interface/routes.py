"""The routes of /sim/: GET looks, POST acts, each under the lock; a ValueError is a refusal."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify, request

from stars.simulator.amounts import Json
from stars.simulator.current import current_world
from stars.simulator.interface import balance, buyers, chats, purchases, simulation, subscriptions
from stars.simulator.interface.lookup import Unknown, find
from stars.simulator.world import World

blp = Blueprint("sim", __name__, url_prefix="/sim")

LOOK: dict[str, Callable[[World, Json], object]] = {
    **buyers.LOOK,
    **chats.LOOK,
    **purchases.LOOK,
    **subscriptions.LOOK,
    **simulation.LOOK,
}
ACT: dict[str, Callable[[World, Json], object]] = {
    **balance.ACT,
    **buyers.ACT,
    **chats.ACT,
    **purchases.ACT,
    **subscriptions.ACT,
    **simulation.ACT,
}


@blp.app_errorhandler(Unknown)
@blp.errorhandler(ValueError)
def refuse(error: ValueError) -> tuple[Json, int]:
    """Say what is wrong with a request."""
    return {"error": str(error)}, 404 if isinstance(error, Unknown) else 400


@blp.get("/<name>")
def look(name: str) -> Response:
    """Tell what is there, and change nothing."""
    world = current_world()
    with world.lock:
        return jsonify(find(LOOK, name, "GET")(world, dict(request.args)))


@blp.post("/<name>")
def act(name: str) -> Response:
    """Do something, as the JSON object in the body describes it."""
    world = current_world()
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise ValueError("send a JSON object")
    with world.lock:
        return jsonify(find(ACT, name, "POST")(world, given))


@blp.delete("/faults")
@blp.delete("/faults/<int:fault_id>")
def clear(fault_id: int | None = None) -> Response:
    """Forget every fault, or one."""
    world = current_world()
    with world.lock:
        return jsonify(simulation.clear_faults(world, fault_id))
