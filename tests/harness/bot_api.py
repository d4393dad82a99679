"""A Bot API that answers as a test says, for what the simulator does not do."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from harness.simulator import listening
from stars.simulator.__main__ import Silent

Result = Callable[[str, dict[str, Any]], Any]


@contextmanager
def bot_api(result: Result, clock_ahead: Callable[[], float] = float) -> Iterator[str]:
    """Serve `result(method, arguments)` as Telegram's result. Yields the address.

    Its clock is `clock_ahead()` seconds ahead of the right time.
    """

    class Dated(Silent):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(time.time() + clock_ahead(), usegmt=True)

    @Request.application
    def app(request: Request) -> Response:
        method = request.path.rpartition("/")[2]
        answer = {"ok": True, "result": result(method, request.get_json())}
        return Response(json.dumps(answer))

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Dated)
    with listening(server) as address:
        yield address
