"""What a platform installs is what the package needs."""

import re
import tomllib

from harness.constants import ROOT


def canonical(name: str) -> str:
    """Return the name of a distribution as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_requirements_hold_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {canonical(re.split(r"[\[<>=~! ]", line)[0]) for line in project["dependencies"]}
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = {canonical(line.split("==")[0]) for line in lines if "==" in line}

    assert needed - pinned == set()
