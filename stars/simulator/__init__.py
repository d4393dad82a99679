"""A simulator of Telegram's side of Stars: the Bot API, webhooks, buyers and faults. It knows no service; see the README."""

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from stars.simulator import bot_api, interface, pages
from stars.simulator.settings import Settings
from stars.simulator.world import Refused, World


def create_app(settings: Settings | None = None) -> Flask:
    """The simulator as a WSGI app, for one process with threads: its state is in its memory."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 2**20
    world = app.extensions["simulator"] = World(settings or Settings())
    world.carry_out = lambda bot, reply: bot_api.answer_inline(world, bot, reply)

    def bot_call(token: str, method: str, test: bool = False) -> Response:
        return bot_api.answer(world, token, method, test)

    both = ["GET", "POST"]
    app.add_url_rule("/bot<token>/<method>", view_func=bot_call, methods=both)
    app.add_url_rule("/bot<token>/test/<method>", view_func=bot_call, methods=both, defaults={"test": True})
    app.register_blueprint(interface.blp)
    app.register_blueprint(pages.blp)

    @app.errorhandler(HTTPException)
    def in_the_api_s_words(error: HTTPException) -> HTTPException | tuple[dict[str, object], int]:
        code = error.code or 500
        return (bot_api.envelope(Refused(code, error.name)), code) if request.path.startswith("/bot") else error

    return app
