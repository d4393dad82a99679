"""The rules of the house: who imports whom, how long files are, that each says what it is."""

import ast
from pathlib import Path

import pytest
from harness.constants import ROOT

SIMULATOR = sorted((ROOT / "stars" / "simulator").rglob("*.py"))
PACKAGE = sorted(set((ROOT / "stars").rglob("*.py")) - set(SIMULATOR))
TOGETHER = {
    "__init__",
    "cli",
    "serve",
}  # these put things together and may import whatever they need


def imports(path: Path) -> set[str]:
    """The modules of the package, and psycopg and flask, that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    ours = {".".join(name.split(".")[1:2]) for name in found if name.startswith("stars.")}
    return ours | {name.split(".")[0] for name in found} & {"psycopg", "flask", "werkzeug"}


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: str(path.relative_to(ROOT)))
def test_who_may_import_whom(path: Path) -> None:
    found = imports(path)
    if path.parent.name == "routes":
        assert not found & {"db", "psycopg"}
    if path.stem in ("purchases", "payments", "items", "reconcile") and path.parent.name == "stars":
        assert not found & {"flask", "werkzeug", "http", "routes"}
    if path.stem == "telegram":
        assert found == {"config"}
    if path.stem in ("config", "errors", "schemas", "values"):
        assert found == ({"values"} if path.stem == "schemas" else set())


def test_no_circles() -> None:
    assert_no_circles(
        {
            path.stem: imports(path) & {one.stem for one in PACKAGE}
            for path in PACKAGE
            if path.stem not in TOGETHER and path.parent.name != "routes"
        }
    )


def assert_no_circles(graph: dict[str, set[str]]) -> None:
    while graph:
        free = {name for name, needs in graph.items() if not needs & graph.keys()}
        assert free, f"a circle among {sorted(graph)}"
        graph = {name: needs for name, needs in graph.items() if name not in free}


def test_the_simulator_and_the_service_know_nothing_of_each_other() -> None:
    assert {path: found for path in PACKAGE if "simulator" in (found := imports(path))} == {}
    assert {
        path: found
        for path in SIMULATOR
        if (found := imports(path) - {"flask", "werkzeug"}) - {"simulator"}
    } == {}


def statements(path: Path) -> int:
    """The lines of a file that do something: no blank one, no comment, no docstring."""
    text = path.read_text()
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            told |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(
        1
        for number, line in lines
        if line.strip() and not line.strip().startswith("#") and number not in told
    )


def test_the_service_is_small_enough_to_read_in_an_hour() -> None:
    assert sum(map(statements, PACKAGE)) < 2500
    assert {path for path in PACKAGE if len(path.read_text().splitlines()) > 250} == set()


@pytest.mark.parametrize(
    "path",
    [
        *PACKAGE,
        *SIMULATOR,
        *(
            path
            for folder in ("tests", "benchmarks")
            for path in sorted((ROOT / folder).rglob("*.py"))
        ),
        ROOT / "app.py",
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_file_says_first_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", sorted((ROOT / "sql").rglob("*.sql")), ids=lambda path: path.name)
def test_every_sql_file_opens_with_prose(path: Path) -> None:
    first, second = path.read_text().splitlines()[:2]
    assert first.startswith("-- ")
    assert not first.startswith("-- name:")
    assert second.startswith("--")
