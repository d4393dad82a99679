"""The project's own files, for the tests of the house."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from harness.constants import ROOT


def python_files(*folders: str) -> list[Path]:
    """Return every Python file below these folders of the project, in order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def label(path: Path) -> str:
    """Return how a test names a file."""
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    """Return what Python makes of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Module:
    """One module of the package, by its dotted name below `stars`, like `web.routes.pay`."""

    name: str
    path: Path

    @property
    def floor(self) -> str:
        """The folder it is in, or its own name where it is in none."""
        return self.name.partition(".")[0]

    def imports(self) -> set[str]:
        """Return the full names of what it imports, anywhere in it: modules, and things in them."""
        found = set()
        for node in ast.walk(tree(self.path)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return found


def modules() -> list[Module]:
    """Return every module of the package. A folder's `__init__` has the folder's name."""
    found = []
    for path in python_files("stars"):
        parts = path.relative_to(ROOT / "stars").with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name:
            found.append(Module(name, path))
    return found


def code_lines(path: Path) -> list[str]:
    """Return the lines of a file that do something: no blank one, comment or docstring."""
    text = path.read_text(encoding="utf-8")
    told = set()
    for node in ast.walk(ast.parse(text)):
        if is_text(node):
            told |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    numbered = enumerate(text.splitlines(), start=1)
    return [line for number, line in numbered if number not in told and does_something(line)]


def is_text(node: ast.AST) -> TypeGuard[ast.Expr]:
    """Tell whether this is a string that stands by itself: a docstring."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def does_something(line: str) -> bool:
    """Tell whether a line is neither blank nor a comment."""
    return bool(line.strip()) and not line.strip().startswith("#")
