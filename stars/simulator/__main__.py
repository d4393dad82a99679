"""`python -m stars.simulator`: serve the simulator from one process, with a thread for each request."""

import argparse
import signal
import sys

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from stars.simulator import create_app
from stars.simulator.settings import Settings

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
    """Writes no line for a request: its path has the token in it, and /sim/journal has the rest."""

    def log_request(self, *_args: object) -> None:
        """Do not."""

    def connection_dropped(self, *_args: object) -> None:
        """Close it, also when it was the app that dropped it."""
        self.close_connection = True


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 0) -> BaseWSGIServer:
    """A server that listens; `serve_forever()` runs it. A thread for each request: those who wait block nobody."""
    return make_server(host, port, create_app(settings), threaded=True, request_handler=Silent)


def main() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser("python -m stars.simulator", description=__doc__)
    parser.add_argument(
        "--host", default="127.0.0.1", help="who may reach it; by default this machine alone"
    )
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument(
        "--link-base", default="", help="what invoice links begin with, like https://t.me"
    )
    parser.add_argument("--seed", type=int, help="of everything random")
    given = parser.parse_args()
    server = serve(Settings(link_base=given.link_base, seed=given.seed), given.host, given.port)
    print(BANNER.format(address=f"http://{given.host}:{server.port}", secret="A" * 35), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.serve_forever()


if __name__ == "__main__":
    main()
