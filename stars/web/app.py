"""Flask, adapted by subclassing, where its documentation says so."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, cast

from flask import Flask, Request, Response, request
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter
from werkzeug.sansio.utils import get_current_url, get_host
from werkzeug.utils import cached_property

from stars.web import forwarded, requests

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOSTS = 128
"""How many names of the service are remembered. It has one, or a few; callers make up others."""

# They check and spell out a host, which is the same for nearly all requests.
known_host = lru_cache(HOSTS)(get_host)
known_url = lru_cache(HOSTS)(get_current_url)


class StarsRequest(Request):
    """A request that does not work out anew what nearly all requests have in common."""

    @cached_property
    def host(self) -> str:
        """The host that was called, with its port if that is not the usual one."""
        return known_host(self.scheme, self.headers.get("Host"), self.server)

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body. Where the worker has read it whole, there is nothing to guard against."""
        body = self.environ["wsgi.input"]
        is_whole = "wsgi.input_terminated" in self.environ and isinstance(body, BytesIO)
        if is_whole and body.getbuffer().nbytes <= (self.max_content_length or 0):
            return cast(BytesIO, body)
        return super().stream

    @cached_property
    def root_url(self) -> str:
        """The address of the service, as it was called."""
        return known_url(self.scheme, self.host, self.root_path)


class NoSessions(SessionInterface):
    """The service has no sessions: nobody who calls has a cookie of it."""

    nothing = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        """Return the same for every request: an empty one, to which nothing can be added."""
        return self.nothing


class StarsApp(Flask):
    """The app. Each request has an id, a line in the log and a place in the metrics."""

    jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    request_class = StarsRequest
    session_interface = NoSessions()
    prefix = ""
    trusts_anybody = False

    def wsgi_app(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request as it was before proxies passed it on. It is known by its id."""
        forwarded.settle(environ, prefix=self.prefix, trusts_anybody=self.trusts_anybody)
        token = requests.begin(environ)
        try:
            return super().wsgi_app(environ, start_response)
        finally:
            requests.end(token)

    def process_response(self, response: Response) -> Response:
        """Log and count the answer that everybody else is done with."""
        answer = super().process_response(response)
        requests.finish(answer)
        return answer

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what finds the route of a request. Every host has the same routes."""
        if request is None:
            return None
        return MapAdapter(
            self.url_map,
            server_name=request.host,
            script_name=request.root_path,
            subdomain="",
            url_scheme=request.scheme,
            path_info=request.path,
            default_method=request.method,
            query_args=request.query_string.decode(errors="replace"),
        )

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func`: none of ours is a coroutine, so none needs a look."""
        return func

    def send_static_file(self, filename: str) -> Response:
        """Send one of our files. Pages of any origin may show them, also isolated ones."""
        answer = super().send_static_file(filename)
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    def make_default_options_response(self) -> Response:
        """Answer OPTIONS with the methods of this very route.

        Flask's own names those of every route that fits the address, too.
        """
        answer = self.response_class()
        for rule in self.url_map.iter_rules():
            if request.url_rule is not None and rule.rule == request.url_rule.rule:
                answer.allow.update(rule.methods or ())
        return answer
