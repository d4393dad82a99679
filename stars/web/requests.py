"""One request: its id, what serves it, its line in the log and its place in the metrics."""

import logging
import re
import time
import uuid
from typing import Any, cast

from flask import Flask, Response, current_app, g, request

from stars import logs, metrics
from stars.domain.service import Service
from stars.mock.payments import MockPayments

MAX_BODY_BYTES = 64 * 1024
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


def install(app: Flask) -> None:
    """Give every request of `app` an id, and every answer a log line and a place in the metrics."""
    app.before_request(begin)
    app.after_request(finish)
    app.teardown_request(end)


def begin() -> None:
    """Start the clock of a request, and take over the id that its caller has given it."""
    g.begun_at = time.perf_counter()
    sent = request.headers.get("X-Request-Id", "")
    identifier = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
    g.request_id_token = logs.request_id.set(identifier)


def finish(answer: Response) -> Response:
    """Log and count an answer."""
    seconds = time.perf_counter() - g.begun_at
    route = request.url_rule.rule if request.url_rule else None
    answer.headers["X-Request-Id"] = request_id()
    fields: dict[str, Any] = {
        "method": request.method,
        "route": route,
        "status": answer.status_code,
        "duration_ms": round(seconds * 1000, 2),
    }
    log.info("request", extra=fields)
    metrics.observe_request(route, request.method, answer.status_code, seconds)
    return answer


def end(_error: BaseException | None) -> None:
    """Forget the id of a request."""
    logs.request_id.reset(g.request_id_token)
