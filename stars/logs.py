"""Structured logs: one JSON object a line, in UTC. All that this process logs goes through here."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from io import TextIOWrapper
from typing import Any, TextIO

from pythonjsonlogger.core import BaseJsonFormatter

from stars.encoding import encode

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


@lru_cache(1)
def begin_of(second: int) -> str:
    """Return a timestamp up to its second. Many lines have the same."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class LineFormatter(BaseJsonFormatter):
    """Writes timestamp, level, logger, message, the request it belongs to, then its own fields."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Put the fields of `record` into `log_data`, in the order they are read in."""
        log_data["timestamp"] = f"{begin_of(int(record.created))}.{int(record.msecs):03}Z"
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = record.message
        if (current := request_id.get()) is not None:
            log_data["request_id"] = current
        log_data.update(
            (key, value) for key, value in record.__dict__.items() if key not in self.reserved_attrs
        )
        log_data.update(message_dict)  # a traceback, when there is one

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """Return the line."""
        return encode(log_data).decode()


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes lines. One that cannot be written is lost: no request fails for it."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing when the stream is closed or its disk full: there is nowhere to say it."""
        if not isinstance(sys.exception(), OSError | ValueError):
            super().handleError(record)


def configure(level: str | int, stream: TextIO = sys.stdout) -> None:
    """Send every log line of the process to `stream`, from `level` upwards."""
    # No line shows where in the code it comes from, so do not look it up for each:
    # https://docs.python.org/3/howto/logging.html#optimization
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if isinstance(stream, TextIOWrapper) and stream.encoding.lower() != "utf-8":
        stream.reconfigure(encoding="utf-8")  # whatever the machine's language is: JSON is in UTF-8
    handler = LineHandler(stream)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These tell at INFO of addresses with the bot's token.
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    # This warns three times of a failure whose reason stars.database.pool tells once.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
