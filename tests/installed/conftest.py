"""An environment with nothing in it but the wheel, pytest, and what the wheel asks for."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness.constants import ROOT
from harness.servers import clean_environment

PIP = ["-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]


@pytest.fixture(scope="session")
def place() -> Path:
    """A folder outside the checkout that all processes of this run share."""
    place = Path(os.environ["PYTEST_DEBUG_TEMPROOT"]) / "installed"
    place.mkdir(exist_ok=True)
    return place


@pytest.fixture(scope="session")
def wheel(place: Path) -> Path:
    """The wheel, built once in a run."""
    with (place / "building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not list(place.glob("*.whl")):
            python(sys.executable, *PIP, "wheel", "--no-deps", "--wheel-dir", str(place), str(ROOT))
    return next(place.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(place: Path, wheel: Path) -> Path:
    """The folder with the commands of the environment, made once in a run."""
    programs = place / "environment" / "bin"
    finished = place / "finished"
    with (place / "installing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            python(sys.executable, "-m", "venv", str(programs.parent))
            # Not compiled: only a part of it is ever imported.
            packages = ["--no-compile", str(wheel), "pytest"]
            python(str(programs / "python"), *PIP, "install", *packages)
            finished.touch()
    return programs


@pytest.fixture
def outside(installed: Path, tmp_path: Path) -> dict[str, str]:
    """Variables for a process that knows of the environment, and nothing of the checkout."""
    told = clean_environment(HOME=str(tmp_path))
    path = f"{installed}:/usr/local/bin:/usr/bin:/bin"
    return {"PATH": path, "HOME": told["HOME"], "PYTHONUNBUFFERED": "1"}


def python(*command: str) -> None:
    """Run a command of pip's or venv's. Raises AssertionError with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
