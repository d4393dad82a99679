"""Why a DATABASE_URL cannot work: told before anything connects, and without any part of it.

An address with a mistake is often one whose password has a character that means something there.
What looks like its host or its database may then be a piece of the password.
"""

import re
from urllib.parse import parse_qsl, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

EXAMPLE = "postgres://user:password@host/database"

ESCAPES = "write %25 for %, %40 for @, %2F for /, %3A for :, %3F for ? in the user and password"

FOREIGN = frozenset(
    {
        "charset",
        "connection_limit",
        "encoding",
        "pgbouncer",
        "pool_timeout",
        "prepared_statements",
        "schema",
        "serverVersion",
        "socket_timeout",
        "sslaccept",
        "ssl",
        "statement_cache_size",
        "supa",
        "uselibpqcompat",
    }
)
"""Parameters that other libraries take, and that may be named, since they are no secret."""

HOST = re.compile(r"[\w.:%-]*|[/@][^@]*")
"""A name or an address; or the folder of a socket."""

CHOICES = {
    "channel_binding": {"disable", "prefer", "require"},
    "gssencmode": {"disable", "prefer", "require"},
    "load_balance_hosts": {"disable", "random"},
    "sslmode": {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
    "sslnegotiation": {"postgres", "direct"},
    "target_session_attrs": {
        "any",
        "read-write",
        "read-only",
        "primary",
        "standby",
        "prefer-standby",
    },
}
"""What libpq takes for these, and looks at only when it connects."""

NUMBERS = (
    "connect_timeout",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "tcp_user_timeout",
)


def problem_with(address: str) -> str | None:
    """Return what has to be changed in `address` before anybody can connect to it, if anything.

    The sentence holds no part of it but the names of well-known parameters.
    """
    for find in (around, at_its_start, inside, unreadable, unfit):
        if problem := find(address):
            return problem
    return None


def around(address: str) -> str | None:
    """Find what was copied along with the address."""
    if address != address.strip():
        return "has a blank or a line break around it"
    if address.startswith(("'", '"')) or (is_uri(address) and address.endswith(("'", '"'))):
        return "has quotes around it"
    return None


def at_its_start(address: str) -> str | None:
    """Find an address that is not for PostgreSQL's own library."""
    if is_uri(address) or re.match(r"\w+ *=", address):
        return None
    if re.match(r"postgres(ql)?\+\w+://", address):
        return "must begin with postgres://, without the + and the name after it"
    return f"must be an address like {EXAMPLE}"


def inside(address: str) -> str | None:
    """Find characters of an address that have to be written in another way."""
    if not address.isprintable() or not is_text(address):
        return "has a character that cannot be printed"
    if not is_uri(address):
        return None
    if " " in address:
        return "has a blank in it: write %20"
    rest = address.partition("://")[2]
    before_host, at, _ = rest.rpartition("@")
    escaped = not re.search(r"%(?![0-9A-Fa-f]{2})", address)
    if not escaped or (at and re.search("[@/]", before_host)):
        return f"has a special character that is not escaped: {ESCAPES}"
    return None


def unreadable(address: str) -> str | None:
    """Find what PostgreSQL's own library cannot make sense of."""
    try:
        conninfo_to_dict(address)
    except ProgrammingError as error:
        if "query parameter" not in str(error):
            return f"must be an address like {EXAMPLE}; {ESCAPES}"
        named = {name for name, _ in parse_qsl(urlsplit(address).query)} & FOREIGN
        others = f": leave out {', '.join(sorted(named))}" if named else ""
        return f"has a parameter behind the ? that PostgreSQL does not know{others}"
    return None


def unfit(address: str) -> str | None:
    """Find parts of an address whose values nothing can be done with."""
    parts = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    return unfit_place(parts) or unfit_option(parts)


def unfit_place(parts: dict[str, str]) -> str | None:
    """Find a host or a port that can be none."""
    for host in parts.get("host", "").split(","):
        if not HOST.fullmatch(host):
            return f"has a host that can be none: {ESCAPES}"
    for port in parts.get("port", "").split(","):
        if port and not (port.isdecimal() and 0 < int(port) < 65536):
            return f"has a port that is no number from 1 to 65535; {ESCAPES}"
    return None


def unfit_option(parts: dict[str, str]) -> str | None:
    """Find an option that has a value which PostgreSQL does not know."""
    for name, known in CHOICES.items():
        if parts.get(name) not in {None, *known}:
            return f"has another {name} than {', '.join(sorted(known))}"
    for name in NUMBERS:
        if not re.fullmatch(r"-?\d+", parts.get(name, "0")):
            return f"has a {name} that is no number"
    return None


def is_uri(address: str) -> bool:
    """Return whether `address` is written as postgres://..., and not as host=... user=..."""
    return re.match(r"postgres(ql)?://", address) is not None


def is_text(address: str) -> bool:
    """Return whether `address` was UTF-8 in the environment."""
    try:
        address.encode()
    except UnicodeEncodeError:
        return False
    return True
