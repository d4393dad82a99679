"""What each file begins with, and that the doors of the domain have handles."""

import ast
import re
from pathlib import Path

import pytest
from harness.constants import ROOT
from harness.sources import label, python_files, tree

FILES = [ROOT / "app.py", *python_files("stars", "tests", "benchmarks")]
SQL = sorted((ROOT / "sql").rglob("*.sql"))
DOORS = python_files("stars/domain", "stars/mock", "stars/live", "stars/notifications")


@pytest.mark.parametrize("path", FILES, ids=label)
def test_every_file_says_first_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree(path))


@pytest.mark.parametrize("path", SQL, ids=label)
def test_every_sql_file_opens_with_prose(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert re.match(r"-- (?!name:)\S+ \S+ \S+", first)


@pytest.mark.parametrize("path", DOORS, ids=label)
def test_a_domain_call_can_be_made_from_its_signature_alone(path: Path) -> None:
    """No public function takes a bag of values."""
    bags = [
        node.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.args.kwarg and not node.name.startswith("_")
    ]
    assert bags == []
