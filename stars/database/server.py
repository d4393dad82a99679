"""One PostgreSQL server on a folder of data: created, started, found again, stopped."""

import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from stars.database import programs
from stars.database.programs import EmbeddedUnavailable

SUPERUSER = "postgres"
# A locale that no machine has to generate, and an order of text that no upgrade changes.
LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 103  # bytes that every system has room for: macOS has 103, Linux 107
SOCKET_FOLDER = re.compile(r"stars-[0-9a-f]{16}")
PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")  # means nothing to a shell, nor in a list or an address
FAILURE = re.compile(r"(?:FATAL|PANIC|error): +(.*)")
# "Fast" cuts off whoever is connected; "immediate" is a crash, which the next start recovers from.
SHUTDOWNS = (signal.SIGINT, signal.SIGQUIT)
PATIENCE = 60.0  # seconds for a start, which after a crash repeats what the files have missed


@dataclass(frozen=True)
class Running:
    """What postmaster.pid tells of a server that runs."""

    pid: int
    ready: bool
    socket_folder: Path


class Server:
    """The server of one folder. Not to be started twice at once: `embedded.start` sees to that."""

    def __init__(self, data: Path) -> None:
        """`data` is absolute, and need not exist yet."""
        self.data = data
        self._log = data / "log"
        self._postmaster = data / "postmaster.pid"
        self._account = programs.find_account(data)
        self._launched: int | None = None

    @property
    def pid(self) -> int | None:
        """The process whose children do the work; None if it does not run."""
        running = self._running()
        return running.pid if running else self._launched

    @property
    def url(self) -> str:
        """The address of the database `postgres`, for its superuser."""
        running = self._running()
        folder = running.socket_folder if running else self._socket_folder()
        return f"postgresql://{SUPERUSER}@/postgres?host={quote(str(folder))}"

    def create(self, lock: int) -> None:
        """Make the folder of data, whole or not at all, unless it is there.

        Args:
            lock: a descriptor that initdb inherits. What it locks stays locked until initdb ends,
                even if this process is killed before that.

        Raises:
            EmbeddedUnavailable: it cannot be made; the message has initdb's reason.

        """
        if (self.data / "PG_VERSION").exists():
            return
        unfinished = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(0o700)
        programs.hand_over(unfinished, self._account)
        options = ["-D", str(unfinished), "-U", SUPERUSER, "--auth=trust", *LOCALE]
        made = self._run("initdb", *options, pass_fds=[lock], capture_output=True)
        if made.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise EmbeddedUnavailable(
                f"the embedded PostgreSQL cannot be created: {reason_in(made.stderr)}"
            )
        unfinished.rename(self.data)

    def start(self) -> None:
        """Start the server, unless it runs. Raises EmbeddedUnavailable with PostgreSQL's reason."""
        self._launched = None
        said_before = self._log.stat().st_size if self._log.exists() else 0
        until = time.monotonic() + PATIENCE
        while not (running := self._running()) or not running.ready:
            if running is None and self._launched is None:
                self._launch()
            elif time.monotonic() > until or not is_alive(self.pid):
                said = self._log.read_bytes()[said_before:].decode(errors="replace")
                raise EmbeddedUnavailable(
                    f"the embedded PostgreSQL does not start: {reason_in(said)} ({self._log})"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server, if it runs, and remove the folder of its socket."""
        running, pid = self._running(), self.pid
        folder = running.socket_folder if running else self._socket_folder()
        for shutdown in SHUTDOWNS:
            if pid and is_alive(pid):
                os.kill(pid, shutdown)
                self._wait_for_the_end_of(pid)
        self._launched = None
        if SOCKET_FOLDER.fullmatch(folder.name):
            shutil.rmtree(folder, ignore_errors=True)

    def _running(self) -> Running | None:
        """What runs on this folder; None too if postmaster.pid was left behind, or copied here."""
        try:
            lines = os.fsdecode(self._postmaster.read_bytes()).splitlines()
        except FileNotFoundError:
            return None
        if len(lines) < 2 or not is_alive(pid := int(lines[0])):
            return None
        home = Path(lines[1])
        if home.exists() and not home.samefile(self.data):
            return None
        if len(lines) < 8 or lines[7].strip() != "ready":
            return Running(pid, False, self._socket_folder())
        folder = Path(lines[4])
        return Running(pid, True, folder) if accepts(folder / SOCKET) else None

    def _launch(self) -> None:
        self._postmaster.unlink(missing_ok=True)
        options = ["-D", str(self.data), "-k", str(self._made_socket_folder()), "-h", ""]
        with self._log.open("ab") as log, signals_held_back():
            programs.hand_over(self._log, self._account)
            started = self._run(
                "postgres",
                *options,
                # As a grandchild: gunicorn takes every child of its process for a worker.
                by=["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh"],
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for this process, which then stops the server
            )
            self._launched = int(started.stdout)

    def _run(
        self, program: str, *arguments: str, by: Sequence[str] = (), **more: Any
    ) -> subprocess.CompletedProcess[str]:
        socket_folder = self._made_socket_folder()
        folder = programs.find_programs(socket_folder)
        if self._account:
            programs.open_to_everybody(folder)
            programs.let_through(self.data)
            programs.let_through(socket_folder)
        return programs.run([*by, str(folder / program), *arguments], self._account, **more)

    def _wait_for_the_end_of(self, pid: int) -> None:
        until = time.monotonic() + PATIENCE / 2
        while is_alive(pid) and time.monotonic() < until:
            if not self._postmaster.exists():
                # It is done. In a container that nobody tidies up it stays "alive" as a zombie.
                until = min(until, time.monotonic() + 1)
            time.sleep(0.01)

    def _made_socket_folder(self) -> Path:
        """The folder of the socket, which nobody else can enter."""
        folder = self._socket_folder()
        with suppress(FileExistsError):
            folder.mkdir(0o700)
        owner = self._account.pw_uid if self._account else os.geteuid()
        if folder.is_symlink() or folder.stat().st_uid not in (owner, os.geteuid()):
            raise EmbeddedUnavailable(
                f"{folder}, where the embedded PostgreSQL listens, is somebody else's: remove it"
            )
        folder.chmod(0o700)
        programs.hand_over(folder, self._account)
        return folder

    def _socket_folder(self) -> Path:
        """A place with a short and plain path, always the same for the same folder of data."""
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        temporary = Path(tempfile.gettempdir()) / f"stars-{digest}"
        length = len(os.fsencode(temporary / SOCKET))
        if PLAIN.fullmatch(str(temporary)) and length <= LONGEST_SOCKET:
            return temporary
        return Path("/tmp") / temporary.name


def accepts(address: Path) -> bool:
    """Whether a server listens on this socket."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(1)
        with suppress(OSError):
            caller.connect(str(address))
            return True
        return False


def is_alive(pid: int | None) -> bool:
    """Whether there is such a process, whoever runs it."""
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def reason_in(said: str) -> str:
    """The line by which one of PostgreSQL's programs tells why it gave up, or all that it said."""
    found = FAILURE.search(said)
    return found[1] if found else " ".join(said.split()) or "it does not say why"


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Let SIGINT and SIGTERM wait, so that nothing is started of which nobody knows."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
