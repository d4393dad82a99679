"""The simulator's modules: they load nothing of the service, start nothing, and form no circle."""

import ast
import subprocess
import sys
import threading
from pathlib import Path

from harness.constants import ROOT
from harness.servers import clean_environment
from harness.simulator import simulator

FOLDER = ROOT / "stars" / "simulator"
FILES = sorted(FOLDER.rglob("*.py"))
OF_THE_SERVICE = {"psycopg", "psycopg_pool", "marshmallow", "flask_smorest", "aiosql", "environs"}
LOAD_ALL = """
import importlib, sys, threading
for name in {names!r}:
    importlib.import_module(name)
assert threading.active_count() == 1, threading.enumerate()
print(*sys.modules)
"""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported_by(path: Path) -> set[str]:
    """The modules of the simulator that a file imports, by their full names."""
    names = {module_name(one) for one in FILES}
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in names else node.module or "")
    return found & names


def test_the_simulator_loads_nothing_of_the_service_and_importing_it_starts_nothing() -> None:
    code = LOAD_ALL.format(names=[module_name(path) for path in FILES])
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert ran.stderr == ""
    loaded = set(ran.stdout.split())
    ours = {name for name in loaded if name.split(".")[0] == "stars"}
    assert {name for name in ours if not name.startswith("stars.simulator")} == {"stars"}
    assert not loaded & OF_THE_SERVICE


def test_no_circles_in_the_simulator() -> None:
    graph = {module_name(path): imported_by(path) for path in FILES}
    while graph:
        free = {name for name, needs in graph.items() if not needs & graph.keys()}
        assert free, f"a circle among {sorted(graph)}"
        graph = {name: needs for name, needs in graph.items() if name not in free}


def test_a_simulator_that_is_closed_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    with simulator() as sim:
        assert sim.ask("getMe")
        started = {one.name for one in set(threading.enumerate()) - before}
        assert "clock" in started
    left = [one for one in set(threading.enumerate()) - before if one.name == "clock"]
    assert left == []
