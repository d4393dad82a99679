"""How the package starts itself in another process, from a checkout or an installation."""

import os
import sys
from pathlib import Path

PLACE = Path(__file__).resolve().parents[1]
"""The folder that the package is in."""


def command(module: str, *words: str) -> list[str]:
    """Return what runs a module as a program, with these words; `stars` is the command itself."""
    return [sys.executable, "-m", module, *words]


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment, so that the package is found from any folder.

    `more` is added.
    """
    paths = [str(PLACE)]
    if given := os.environ.get("PYTHONPATH"):
        paths.append(given)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **more}
