"""A simulator of Telegram's side of Stars: the Bot API, webhooks, buyers and faults.

It is a server of its own and knows nothing of the service; the README tells how to use it.
"""

from flask import Flask
from werkzeug.wrappers import Response

from stars.simulator import bot_api
from stars.simulator.interface import routes
from stars.simulator.pages import app as mini_app
from stars.simulator.pages import chat, controls, home, invoice
from stars.simulator.pages.summary import every, moment, origin
from stars.simulator.settings import Settings
from stars.simulator.world import World


def create_app(settings: Settings | None = None) -> Flask:
    """The simulator as a WSGI app, for one process with threads: its state is in memory."""
    app = Flask(__name__, static_url_path="/simulator")
    world = World(settings or Settings())
    world.on_reply = lambda bot, reply: bot_api.answer_inline(world, bot, reply)
    app.extensions["simulator"] = world

    def bot(path: str) -> Response:
        return bot_api.answer(world, path)

    def file(path: str) -> Response:
        return bot_api.answer_download(world, path)

    app.add_url_rule("/bot<path:path>", view_func=bot, methods=["GET", "POST"])
    app.add_url_rule("/file/bot<path:path>", view_func=file)
    for part in (routes, home, controls, invoice, chat, mini_app):
        app.register_blueprint(part.blp)
    for words in (origin, every, moment):
        app.add_template_filter(words)
    app.context_processor(
        lambda: {"service_url": world.settings.service_url, "app_url": world.settings.app_url}
    )
    return app
