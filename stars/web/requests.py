"""One request: its id, what serves it, its line in the log and its place in the metrics."""

import logging
import os
import re
import time
from contextvars import Token
from typing import TYPE_CHECKING, Any, cast

from flask import Response, current_app, request
from flask.globals import request_ctx

from stars import logs, metrics
from stars.domain.service import Service
from stars.mock.payments import MockPayments

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_BODY_BYTES = 64 * 1024
MAX_UPDATE_BYTES = 1024 * 1024
"""Of Telegram's: a long message that answers a long message is over what others may send."""
BEGUN_AT = "stars.begun_at"
"""Where a request's environ tells when it began."""

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")

log = logging.getLogger("stars.request")


def service() -> Service:
    """Return the service of the current app."""
    return cast(Service, current_app.extensions["stars"])


def mock_payments() -> MockPayments:
    """Return the mock. Only for routes that the factory registers in mock mode alone."""
    return cast(MockPayments, service().payments)


def request_id() -> str:
    """Return the id of the current request."""
    return logs.request_id.get() or ""


def address() -> str:
    """Return where this service is reached: its public address, or the one that was called."""
    return service().settings.public_url or request.root_url.rstrip("/")


def begin(environ: "WSGIEnvironment") -> Token[str | None]:
    """Start the clock of a request, and take over the id that its caller has given it.

    Returns what `end` needs.
    """
    environ[BEGUN_AT] = time.perf_counter()
    sent = environ.get("HTTP_X_REQUEST_ID", "")
    identifier = sent if REQUEST_ID.fullmatch(sent) else os.urandom(16).hex()
    return logs.request_id.set(identifier)


def finish(answer: Response) -> None:
    """Log and count an answer."""
    asked = request_ctx.request
    seconds = time.perf_counter() - asked.environ[BEGUN_AT]
    route = asked.url_rule.rule if asked.url_rule else None
    status = answer.status_code
    answer.headers["X-Request-Id"] = request_id()
    fields: dict[str, Any] = {
        "method": asked.method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
    }
    log.info("request", extra=fields)
    metrics.observe_request(route, asked.method, status, seconds)


def end(token: Token[str | None]) -> None:
    """Forget the id of a request."""
    logs.request_id.reset(token)
