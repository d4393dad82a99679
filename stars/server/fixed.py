"""What gunicorn looks up for each request, looked up once: its settings, and the date."""

import time
from functools import lru_cache
from typing import Any

from gunicorn.http import wsgi
from gunicorn.util import http_date


class FixedSettings:
    """gunicorn's settings as attributes. Its own looks each up in two calls, and 20 a request."""

    keepalive: int

    def __init__(self, cfg: Any) -> None:
        for name in cfg.settings:
            setattr(self, name, getattr(cfg, name))
        self.is_ssl = cfg.is_ssl
        self.forwarded_allow_networks = cfg.forwarded_allow_networks


@lru_cache(1)
def date_of(second: int) -> str:
    """Return the Date of an answer."""
    return str(http_date(second))


class Response(wsgi.Response):
    """An answer. Those of one second have one Date."""

    def default_headers(self) -> list[str]:
        """Return the first line and the headers that every answer has."""
        major, minor = self.req.version
        headers = [
            f"HTTP/{major}.{minor} {self.status}\r\n",
            f"Server: {self.version}\r\n",
            f"Date: {date_of(int(time.time()))}\r\n",
            f"Connection: {'close' if self.should_close() else 'keep-alive'}\r\n",
        ]
        if self.chunked:
            headers.append("Transfer-Encoding: chunked\r\n")
        return headers
