"""What a failure of the database means: nothing was decided, try again; or a mistake of our own.

By the first two characters of PostgreSQL's code, which name its class:
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

import re

import psycopg

from stars.errors import Busy, DatabaseUnavailable, Refusal

BUSY = frozenset({"40", "55P03", "57014"})
"""A lock was waited for too long, a statement took too long, or two stood in each other's way."""

NOT_NOW = frozenset(
    {
        "08",  # the connection broke, or a pooler refuses it
        "0A",  # the plan of a prepared statement is for an older schema
        "25",  # read-only: a standby, or a plan over its size
        "26",  # a prepared statement is gone: a pooler led to another server
        "28",  # the user or the password is another
        "3D",  # the database is not there
        "3F",  # the schema is not there
        "42",  # rights revoked; or tables of another release, or of another program
        "53",  # no disk, memory or connection left
        "54",  # a limit of the server
        "55",  # something is not ready, or in use
        "57",  # the server starts or stops
        "58",  # its disk fails
        "F0",  # its configuration fails
        "XX",  # it fails itself
    }
)
"""What the database cannot do at the moment. It has done nothing, and decided nothing."""

OURS = frozenset({"42601"})
"""A statement with a mistake in its syntax: no database could carry it out."""

CURES = {
    "08": "Is it running? DATABASE_URL says where to look for it.",
    "25006": "Is it a standby, or over the size of its plan? For several hosts, DATABASE_URL takes"
    " target_session_attrs=read-write.",
    "28": "The user or the password in DATABASE_URL is not what the database expects.",
    "3D": "Create the database, or correct its name in DATABASE_URL.",
    "42501": "Has its plan a limit that was reached? Otherwise give the user of DATABASE_URL its"
    " rights back, with GRANT.",
    "42": "Run flask db migrate; if that changes nothing, DATABASE_URL leads to the tables of"
    " another program.",
    "40": "Somebody else was at work on the same: try again.",
    "53100": "Its disk is full.",
    "53300": "It has no connection left: use fewer processes, or a pooler.",
    "55P03": "Somebody else holds a lock on it: try again.",
    "57014": "It is slow, or somebody else holds a lock: try again.",
    "57": "It is being started or stopped: try again in a moment.",
}
"""What to do about it: by the whole code, or by its class."""

TO_CONNECT = {
    "authentication failed|no password supplied|role .* does not exist": "28",
    "database .* does not exist": "3D",
    "too many (clients|connections)|connection slots": "53300",
    "is starting up|is shutting down": "57",
}
"""What a failure to connect says, and the class it is of."""


def refusal_for(error: psycopg.Error) -> Refusal | None:
    """Return what callers are told of a failure; None if it is a mistake of our own."""
    code = error.sqlstate or ""
    if BUSY & {code, code[:2]}:
        return Busy(reason=reason_of(error))
    if code in OURS:
        return None
    if code[:2] in NOT_NOW or (not code and is_of_the_connection(error)):
        return DatabaseUnavailable(reason=reason_of(error))
    return None


def is_of_the_connection(error: psycopg.Error) -> bool:
    """Return whether an error without a code is that of a connection, and not of a statement."""
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


def reason_of(error: psycopg.Error) -> str:
    """Return for an operator, in one line, what failed and what to do about it."""
    what = str(error).partition("\n")[0].strip() or type(error).__name__
    what = what.removeprefix("connection failed: ").removeprefix("connection is bad: ")
    code = error.sqlstate or code_of(what)
    cure = CURES.get(code) or CURES.get(code[:2]) or ""
    return f"{what.rstrip('.')}. {cure}".strip()


def code_of(message: str) -> str:
    """Return the class of a failure to connect, of which PostgreSQL's library tells no code."""
    for pattern, code in TO_CONNECT.items():
        if re.search(pattern, message):
            return code
    return "08"
