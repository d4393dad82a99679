"""A Bot API that answers as a test says, for what the simulator does not do."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from harness.simulator import listening
from stars.simulator.__main__ import Silent

Result = Callable[[str, dict[str, Any]], Any]


@contextmanager
def bot_api(result: Result, headers: dict[str, str] | None = None) -> Iterator[str]:
    """Serve `result(method, arguments)` as Telegram's result. Yields the address.

    `headers` are added to each answer.
    """

    @Request.application
    def app(request: Request) -> Response:
        method = request.path.rpartition("/")[2]
        answer = {"ok": True, "result": result(method, request.get_json())}
        return Response(json.dumps(answer), headers=headers)

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    with listening(server) as address:
        yield address
