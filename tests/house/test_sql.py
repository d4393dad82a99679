"""The rules of sql/: who runs a statement, what a statement lists, and how wide a line is."""

import ast
import re
from pathlib import Path

import pytest
from harness.constants import ROOT
from harness.sources import label, python_files, tree

QUERIES = sorted((ROOT / "sql" / "queries").glob("*.sql"))
FUNCTIONS = sorted((ROOT / "sql" / "functions").glob("*.sql"))
WIDTH = 100


def code(path: Path) -> list[str]:
    """Return the lines of an SQL file that are no comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.strip().startswith("--")]


def statements_in(path: Path) -> set[str]:
    """Return the names of a file's statements."""
    return set(re.findall(r"(?m)^-- name: (\w+)", path.read_text(encoding="utf-8")))


def statements_run_by(path: Path) -> set[str]:
    """Return the names of the statements that a module runs: its uses of `queries.NAME`."""
    if "from stars.database.queries import" not in path.read_text(encoding="utf-8"):
        return set()
    return {
        node.attr
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "queries"
    }


def test_a_statement_is_run_by_the_module_with_its_files_stem_and_by_no_other() -> None:
    homes = {name: path.stem for path in QUERIES for name in statements_in(path)}
    for path in python_files("stars"):
        for name in statements_run_by(path):
            assert homes[name] == path.stem, f"{label(path)} runs {name}"


def test_every_statement_is_run() -> None:
    run = {name for path in python_files("stars") for name in statements_run_by(path)}
    assert {name for path in QUERIES for name in statements_in(path)} == run


@pytest.mark.parametrize("path", QUERIES, ids=label)
def test_a_statement_lists_its_columns(path: Path) -> None:
    starred = [line for line in code(path) if re.search(r"(SELECT|RETURNING|\.) ?\*", line)]
    assert starred == []


@pytest.mark.parametrize("path", FUNCTIONS, ids=label)
def test_a_function_lists_its_columns_unless_it_fills_a_variable_of_the_rows_own_type(
    path: Path,
) -> None:
    starred = [line for line in code(path) if re.search(r"(SELECT|\.) ?\*", line)]
    assert [line for line in starred if "SELECT * INTO" not in line] == []


@pytest.mark.parametrize("path", QUERIES + FUNCTIONS, ids=label)
def test_no_line_is_wider_than_a_hundred(path: Path) -> None:
    """A statement's first line names its parameters, and cannot be broken."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > WIDTH and not line.startswith("-- name:")] == []


@pytest.mark.parametrize("path", QUERIES, ids=label)
def test_the_core_and_the_reads_know_nothing_of_the_mock(path: Path) -> None:
    if path.stem != "outcomes":
        assert "mock_outcomes" not in path.read_text(encoding="utf-8")
