"""app.json, which the Heroku button reads: it names what exists, and its defaults can work."""

import json

import pytest
import yaml
from harness.constants import ROOT

from stars.config import Settings

APP = json.loads((ROOT / "app.json").read_text())


def test_it_starts_every_line_of_the_procfile_that_runs() -> None:
    procfile = yaml.safe_load((ROOT / "Procfile").read_text())
    assert set(APP["formation"]) == set(procfile) - {"release"}


def test_every_variable_is_documented() -> None:
    page = (ROOT / "docs" / "operator.md").read_text()
    assert [name for name in APP["env"] if f"`{name}`" not in page] == []


def test_its_defaults_can_work(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, variable in APP["env"].items():
        monkeypatch.setenv(name, variable.get("value", ""))
    monkeypatch.setenv("DATABASE_URL", "postgres://user@host/name")
    assert Settings.from_environment().mode == "mock"
