"""The page of a chat, and the pictures in it. Its script talks to /sim/chat, message and press."""

from flask import Blueprint, Response, render_template, request

from stars.simulator.current import current_world
from stars.simulator.files import download
from stars.simulator.interface.lookup import find

blp = Blueprint("chat", __name__)


@blp.get("/chat")
def chat() -> str:
    """Show the chat of a bot and a buyer: by default of the first bot and the newest buyer."""
    world = current_world()
    with world.lock:
        bots = list(world.bots.values())
        users = list(world.users.values())
        bot_name = request.args.get("bot") or (bots[0].name if bots else "")
        user_id = request.args.get("user", 0, int) or (users[-1].id if users else 0)
        return render_template(
            "chat.html",
            bots=bots,
            users=users,
            bot=find(world.bots, bot_name, "bot") if bot_name else None,
            user=find(world.users, user_id, "user") if user_id else None,
            start=request.args.get("start", ""),
        )


@blp.get("/files/<file_id>")
def show_file(file_id: str) -> Response:
    """A file that a bot has sent, for the pages: they do not know its token."""
    world = current_world()
    with world.lock:
        return download(find(world.files, file_id, "file"))
