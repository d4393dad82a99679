"""A simulator of Telegram's side of Stars: the Bot API, webhooks, buyers and faults. It knows no service; see the README."""

from flask import Flask

from stars.simulator import bot_api, interface, pages
from stars.simulator.settings import Settings
from stars.simulator.world import World


def create_app(settings: Settings | None = None) -> Flask:
    """The simulator as a WSGI app, for one process with threads: its state is in its memory."""
    app = Flask(__name__)
    world = app.extensions["simulator"] = World(settings or Settings())
    world.carry_out = lambda bot, reply: bot_api.answer_inline(world, bot, reply)
    app.add_url_rule(
        "/bot<path:path>", "bot", lambda path: bot_api.answer(world, path), methods=["GET", "POST"]
    )
    app.register_blueprint(interface.blp)
    app.register_blueprint(pages.blp)
    return app
