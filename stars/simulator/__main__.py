"""`python -m stars.simulator`: serve the simulator from one process, a thread for each request."""

import argparse
import signal
import sys

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from stars.simulator import create_app
from stars.simulator.settings import Settings
from stars.simulator.world import World

BANNER = """\
A simulator of Telegram Stars: no Telegram, no real Star

  pay and look   {address}/
  for tests      {address}/sim/journal and its neighbours, see the README

What a bot needs:
  API address    {address}  instead of https://api.telegram.org
  token          123456:{secret}  or any of this shape
  webhook        setWebhook with your own address and secret; http://127.0.0.1:... will do
"""


class Silent(WSGIRequestHandler):
    """Logs no requests: their paths have the token in them, and /sim/journal has the rest."""

    def log_request(self, *_args: object) -> None:
        """Do nothing."""

    def connection_dropped(self, *_args: object) -> None:
        """Close the connection, also when it was the app that dropped it."""
        self.close_connection = True


class Server(ThreadedWSGIServer):
    """The simulator behind a port. `serve_forever()` runs it, `server_close()` ends it.

    Each request has a thread of its own: those who wait block nobody.
    """

    def __init__(self, settings: Settings, host: str = "127.0.0.1", port: int = 0) -> None:
        app = create_app(settings)
        self.world: World = app.extensions["simulator"]
        super().__init__(host, port, app, handler=Silent)

    def server_close(self) -> None:
        """Stop listening, and end everything that the simulator has started."""
        super().server_close()
        self.world.close()


def main() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser("python -m stars.simulator", description=__doc__)
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="who may reach it; by default this machine alone",
    )
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument(
        "--link-base",
        default="",
        help="what invoice links begin with, like https://t.me",
    )
    parser.add_argument(
        "--service-url",
        default="",
        help="what the pages link to: the service that is tried out",
    )
    parser.add_argument(
        "--app-url",
        default="",
        help="the Mini App, which the pages open with launch data of a buyer",
    )
    parser.add_argument("--seed", type=int, help="of everything random")
    given = parser.parse_args()
    settings = Settings(
        link_base=given.link_base,
        service_url=given.service_url,
        app_url=given.app_url,
        seed=given.seed,
    )
    server = Server(settings, given.host, given.port)
    address = f"http://{given.host}:{server.port}"
    print(BANNER.format(address=address, secret="A" * 35), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.serve_forever()


if __name__ == "__main__":
    main()
