"""Starting `python app.py`, and the PostgreSQL processes it leaves."""

import subprocess
import sys
from pathlib import Path

import psutil

from harness.constants import ROOT
from harness.servers import clean_environment

APP = [sys.executable, str(ROOT / "app.py")]
FLASK = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py")]


def postgres_on(folder: Path) -> list[psutil.Process]:
    """The PostgreSQL processes whose data is in `folder`."""
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(folder) in " ".join(
            process.info["cmdline"] or []
        ):
            found.append(process)
    return found


def run(
    *command: str, cwd: Path = ROOT, umask: int = -1, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end in `cwd`, with nothing of this process's settings."""
    told = clean_environment(**{"PYTHONPATH": str(ROOT), **environment})
    return subprocess.run(
        command,
        cwd=cwd,
        env=told,
        umask=umask,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
