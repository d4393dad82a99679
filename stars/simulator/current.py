"""The world that the app of this request simulates."""

from flask import current_app

from stars.simulator.world import World


def current_world() -> World:
    """The world. Whoever reads or changes it holds its lock."""
    world: World = current_app.extensions["simulator"]
    return world
