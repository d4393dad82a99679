"""Debian's PgBouncer in front of the tests' PostgreSQL, as a real process."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from harness.servers import free_port
from harness.waiting import eventually

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin") or "pgbouncer"

SETTINGS = """
[databases]
* = host={socket} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {servers}
logfile = {folder}/log
pidfile = {folder}/pid
{more}
"""


class PgBouncer:
    """One pooler. `more` are lines of its settings; as it comes it takes no `options`."""

    def __init__(self, folder: Path, url: str, mode: str, servers: int, more: str) -> None:
        target = conninfo_to_dict(url)
        self.port = free_port()
        self.url = f"postgresql://somebody@127.0.0.1:{self.port}/{target['dbname']}"
        self.folder = folder
        socket = Path(str(target["host"]))
        settings = SETTINGS.format(
            socket=socket, port=self.port, mode=mode, servers=servers, folder=folder, more=more
        )
        (folder / "pgbouncer.ini").write_text(settings)
        folder.chmod(0o777)
        # As the owner of PostgreSQL's socket, whose folder nobody else can enter.
        self.owner = socket.stat().st_uid
        self.start()

    def start(self) -> None:
        """Start it, or start it again, and wait until it listens."""
        self.process = subprocess.Popen(
            [PROGRAM, "-q", str(self.folder / "pgbouncer.ini")],
            user=self.owner,
            stderr=subprocess.DEVNULL,
        )
        eventually(self.answers)

    def answers(self) -> bool:
        """Whether somebody can connect."""
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            return False
        return True

    def stop(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait(20)


@contextmanager
def pgbouncer(
    url: str, *, mode: str = "transaction", servers: int = 2, more: str = ""
) -> Iterator[PgBouncer]:
    """A PgBouncer in front of the server of `url`; fewer connections behind it than before it."""
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    pooler = PgBouncer(folder, url, mode, servers, more)
    try:
        yield pooler
    finally:
        pooler.stop()
        shutil.rmtree(folder)
