"""What tests that run Node.js stand on: packages, installed once a run beside what uses them."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

without_node = pytest.mark.skipif(
    not shutil.which("npm"), reason="no Node.js: apt install nodejs npm"
)


def install(folder: Path) -> Path:
    """Return where the packages are that a folder's package.json names; install them if need be."""
    modules = folder / "node_modules"
    with (folder / ".installing").open("w") as lock:
        # Other workers of the same run want them, too.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (modules / ".package-lock.json").exists():
            subprocess.run(["npm", "install"], cwd=folder, check=True, capture_output=True)
    return modules
