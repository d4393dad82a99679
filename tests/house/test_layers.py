"""Who may import whom: the six sentences of the design, and that there are no circles."""

import ast

import pytest
from harness.constants import ROOT
from harness.sources import Module, modules, tree

GROUND = {
    "addresses",
    "children",
    "config",
    "database_url",
    "encoding",
    "environment",
    "errors",
    "logs",
    "metric_files",
    "metrics",
    "outgoing",
    "proxies",
    "schemas",
    "systems",
    "variables",
}
PAYMENT = GROUND | {"database", "domain"}
BELOW_WEB = PAYMENT | {"mock", "live", "notifications"}
BELOW = {
    "addresses": set(),
    "children": set(),
    "config": {"addresses", "environment", "proxies", "variables"},
    "database_url": set(),
    "encoding": set(),
    "environment": set(),
    "errors": set(),
    "logs": {"encoding"},
    "metrics": {"metric_files"},
    "metric_files": set(),
    "outgoing": {"addresses"},
    "proxies": set(),
    "schemas": set(),
    "systems": set(),
    "variables": {"database_url"},
    "database": GROUND,
    "domain": GROUND | {"database"},
    "mock": PAYMENT,
    "live": PAYMENT,
    "notifications": PAYMENT,
    "web": BELOW_WEB,
    "work": BELOW_WEB,
    "commands": BELOW_WEB | {"work"},
    "server": GROUND,
    "simulator": set(),
}
"""What each floor may import beside itself."""

TOGETHER = {"__main__", "factory", "pytest_plugin", "serve", "start"}
"""These put things together: they may import everything, and nothing may import them."""

MODULES = modules()
NAMES = {module.name for module in MODULES}


def imported_modules(module: Module) -> set[str]:
    """Return the names of the modules of the package that a module imports."""
    ours = {name.removeprefix("stars.") for name in module.imports() if name.startswith("stars.")}
    return {name if name in NAMES else name.rpartition(".")[0] for name in ours}


def floors(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_imports_only_go_down(module: Module) -> None:
    if module.floor in TOGETHER:
        return
    allowed = BELOW[module.floor] | {module.floor}
    assert floors(imported_modules(module)) <= allowed


ROUTES = [module for module in MODULES if module.name.startswith("web.routes.")]


@pytest.mark.parametrize("module", ROUTES, ids=lambda module: module.name)
def test_a_route_touches_neither_the_database_nor_another_route(module: Module) -> None:
    found = imported_modules(module)
    assert "database" not in floors(found)
    assert not {name for name in found if name.startswith("web.routes.")}
    assert not {name for name in module.imports() if name.startswith("psycopg")}


DOMAIN = [module for module in MODULES if module.floor in ("database", "domain")]


@pytest.mark.parametrize("module", DOMAIN, ids=lambda module: module.name)
def test_the_domain_knows_nothing_of_http(module: Module) -> None:
    roots = {name.partition(".")[0] for name in module.imports()}
    assert not roots & {"flask", "flask_smorest", "werkzeug", "httpx", "gunicorn"}


def test_no_circles() -> None:
    needs = {module.name: imported_modules(module) - {module.name} for module in MODULES}
    while needs:
        free = {name for name, others in needs.items() if not others & needs.keys()}
        assert free, f"a circle among {sorted(needs)}"
        for name in free:
            del needs[name]


def test_the_package_itself_imports_nothing() -> None:
    statements = tree(ROOT / "stars" / "__init__.py").body
    assert [type(statement) for statement in statements] == [ast.Expr]
