"""What the worker answers to a request that cannot be read: problem+json, as the app answers."""

import json
import logging
import uuid
from dataclasses import dataclass
from http import HTTPStatus

from gunicorn.http import errors as http


@dataclass(frozen=True)
class Unreadable(Exception):
    """A request that cannot be read to its end. The fields are those of the problem document."""

    error: str
    status: int
    title: str
    detail: str


TOO_SLOW = Unreadable(
    "request_timeout", 408, "The request came too slowly.", "Send all of it within seconds."
)
ENDED_EARLY = Unreadable(
    "bad_request", 400, "The request ended too early.", "Its body is shorter than its head says."
)
BROKEN_BODY = Unreadable(
    "bad_request", 400, "The body cannot be read.", "Its chunks do not follow RFC 9112."
)
MALFORMED = Unreadable(
    "bad_request", 400, "This is no HTTP request.", "Its first line or a header is not allowed."
)
URI_TOO_LONG = Unreadable(
    "uri_too_long", 414, "The address is too long.", "It may have 4 KB at most."
)
HEAD_TOO_LARGE = Unreadable(
    "request_header_fields_too_large",
    431,
    "The headers are too large.",
    "100 are allowed, and 8 KB for each.",
)
UNMET_EXPECTATION = Unreadable(
    "expectation_failed", 417, "This cannot be expected.", "100-continue is all that can."
)
UNKNOWN_CODING = Unreadable(
    "not_implemented", 501, "This transfer coding is unknown.", "Send the body plain or chunked."
)
BROKEN_SERVER = Unreadable(
    "internal_error", 500, "Something broke on our side.", "It is logged under this request_id."
)
KINDS: dict[type[Exception], Unreadable] = {
    http.NoMoreData: ENDED_EARLY,
    http.InvalidChunkSize: BROKEN_BODY,
    http.InvalidChunkExtension: BROKEN_BODY,
    http.ChunkMissingTerminator: BROKEN_BODY,
    http.LimitRequestLine: URI_TOO_LONG,
    http.LimitRequestHeaders: HEAD_TOO_LARGE,
    http.ExpectationFailed: UNMET_EXPECTATION,
    http.UnsupportedTransferCoding: UNKNOWN_CODING,
}
UNREADABLE = (Unreadable, http.ParseException, *KINDS)

log = logging.getLogger("stars.request")


def kind_of(error: Exception) -> Unreadable:
    """The answer to what gunicorn's parser, or reading a body, raised."""
    if isinstance(error, Unreadable):
        return error
    if isinstance(error, http.ParseException):
        return KINDS.get(type(error), MALFORMED)
    return KINDS.get(type(error), BROKEN_SERVER)


def answer_to(error: Exception) -> bytes:
    """The whole answer, byte for byte. Also logs it. Repeats nothing: there may be a secret."""
    kind = kind_of(error)
    request_id = uuid.uuid4().hex
    document = {
        "error": kind.error,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail,
        "request_id": request_id,
    }
    body = json.dumps(document).encode() + b"\n"
    head = [
        f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        f"X-Request-Id: {request_id}",
        "Connection: close",
    ]
    about = {"status": kind.status, "reason": type(error).__name__, "request_id": request_id}
    if kind is BROKEN_SERVER:
        log.error("unreadable_request", extra=about, exc_info=error)
    else:
        log.info("unreadable_request", extra=about)
    return "\r\n".join([*head, "", ""]).encode() + body
