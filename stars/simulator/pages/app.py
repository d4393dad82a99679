"""/app: opens the Mini App as Telegram does, with launch data that is signed for a buyer."""

from urllib.parse import quote

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from stars.simulator.current import current_world
from stars.simulator.interface.buyers import sign_launch_data
from stars.simulator.interface.lookup import Unknown

blp = Blueprint("app", __name__)

CLIENT = "tgWebAppVersion=6.1&tgWebAppPlatform=web&tgWebAppThemeParams=%7B%7D"
"""What a Mini App is told of its client; 6.1 is the first version that has invoices."""


@blp.get("/app")
def open_app() -> Response:
    """Lead `user` to the Mini App, newly launched: launch data grows old, this address does not."""
    world = current_world()
    with world.lock:
        if not world.settings.app_url:
            raise Unknown("no Mini App is set: start the simulator with --app-url")
        launch = sign_launch_data(world, {"user": request.args.get("user", 0, int)})
        data = quote(launch["init_data"], safe="")
        return redirect(f"{world.settings.app_url}#tgWebAppData={data}&{CLIENT}", 303)
