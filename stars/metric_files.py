"""The files in which processes count together. Without PROMETHEUS_MULTIPROC_DIR each counts alone.

A process counts in files of its own; whoever asks adds up those of all. What goes wrong with them
(no folder, no room, somebody has swept them away) loses counts, never a request.
"""

import fcntl
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
KINDS = ("counter", "histogram")
OURS = re.compile(rf"({'|'.join(KINDS)})_(\d+)(-\d+)?\.db")
ENDED = "{kind}_ended.db"  # the counts of all processes that are no more
SIZE = 512 * 1024  # bytes of a file; some 150 routes, methods and statuses together
LOOK = 1.0  # seconds between two looks at whether the files are still there
LOOK_AGAIN = 10.0  # seconds after it turned out that there cannot be any
PREFIX = "stars-metrics-"

log = logging.getLogger("stars.metrics")


class MetricFiles:
    """The files of this process, and of those that have ended, in one folder."""

    def __init__(self, folder: str | None) -> None:
        self.folder = Path(folder) if folder else None
        self._generation = 0
        self._are_ready = False
        self._look_at = 0.0

    def identity(self) -> str:
        """What the names of this process's files end in. It changes when they are made anew."""
        return f"{os.getpid()}-{self._generation}"

    def are_ready(self) -> bool:
        """Whether there is something to count in; if the files are gone, makes new ones."""
        if self.folder is None:
            return True
        now = time.monotonic()
        if now >= self._look_at:
            self._are_ready = self._exist(self.folder) or self._make(self.folder)
            self._look_at = now + (LOOK if self._are_ready else LOOK_AGAIN)
        return self._are_ready

    def merge_ended(self) -> None:
        """Add up the files of processes that have ended, so that they do not pile up."""
        if self.folder is None:
            return
        try:
            with locked(self.folder, fcntl.LOCK_EX):
                for path in self.folder.iterdir():
                    merge_if_ended(path)
        except OSError as error:
            log.warning("metrics_not_merged", extra={"reason": str(error)})

    @contextmanager
    def held_still(self) -> Iterator[Path | None]:
        """The folder, in which no file is merged meanwhile; None without one."""
        if self.folder is None or not self.folder.is_dir():
            yield None
            return
        with locked(self.folder, fcntl.LOCK_SH):
            yield self.folder

    def _exist(self, folder: Path) -> bool:
        return all(path.exists() for path in self._paths(folder))

    def _make(self, folder: Path) -> bool:
        """Make this process's files, with all their room: a sparse one on a full disk kills it."""
        self._generation += 1
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in self._paths(folder):
                reserve(path)
        except OSError as error:
            log.warning("metrics_unavailable", extra={"reason": str(error)})
            return False
        return True

    def _paths(self, folder: Path) -> list[Path]:
        return [folder / f"{kind}_{self.identity()}.db" for kind in KINDS]


def make_folder() -> str | None:
    """A new folder, in memory where that is possible; None when there is no room for one.

    Removes those that a killed service has left.
    """
    shared_memory = Path("/dev/shm")
    place = shared_memory if shared_memory.is_dir() else Path(tempfile.gettempdir())
    for left in place.glob(f"{PREFIX}*-*"):
        pid = left.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdecimal() and not is_running(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    try:
        return tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place)
    except OSError as error:
        log.warning("metrics_unavailable", extra={"reason": str(error)})
        return None


def reserve(path: Path) -> None:
    """Make a file of zeros. Raises OSError when there is no room for it, and leaves none then."""
    try:
        with path.open("xb") as file:
            file.write(bytes(SIZE))
    except FileExistsError:
        pass  # of a process that had the same id: its counts go on
    except OSError:
        path.unlink(missing_ok=True)
        raise


def merge_if_ended(path: Path) -> None:
    """Move the counts of a file whose process has ended to those of all that have."""
    found = OURS.fullmatch(path.name)
    if found is None or is_running(int(found[2])):
        return
    total = MmapedDict(str(path.with_name(ENDED.format(kind=found[1]))))
    counted = MmapedDict.read_all_values_from_file(str(path))
    for key, value, timestamp, _place in counted:
        before, _when = total.read_value(key)
        total.write_value(key, before + value, timestamp)
    total.close()
    path.unlink()


def is_running(pid: int) -> bool:
    """Whether there is a process of that id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def locked(folder: Path, how: int) -> Iterator[None]:
    """Hold a lock on a folder, which ends with the process. Raises OSError if there is none."""
    door = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(door, how)
        yield
    finally:
        with suppress(OSError):
            os.close(door)
