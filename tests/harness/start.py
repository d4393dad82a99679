"""Starting `python app.py`, and the PostgreSQL processes it leaves."""

import subprocess
import sys
from pathlib import Path

import psutil

from harness.constants import ROOT
from harness.servers import clean_environment

APP = [sys.executable, str(ROOT / "app.py")]


def postgres_on(folder: Path) -> list[psutil.Process]:
    """The PostgreSQL processes whose data is in `folder`."""
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(folder) in " ".join(
            process.info["cmdline"] or []
        ):
            found.append(process)
    return found


def run(*command: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    told = clean_environment(**{"PYTHONPATH": str(ROOT), **environment})
    return subprocess.run(
        command, cwd=cwd, env=told, capture_output=True, text=True, timeout=60, check=False
    )
