"""The image and compose.yaml, held against the project without an engine: names, lines, paths."""

import re
import shlex
from typing import Any

import pytest
import yaml
from flask import Flask
from harness.constants import ROOT
from harness.servers import web_line

DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
OURS = ("release", "web", "worker")


def instructions(name: str) -> list[str]:
    """What follows each such instruction of the Dockerfile, on one line each."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name} (.*)$", joined, re.MULTILINE)


def copied_files() -> set[str]:
    """What the image takes from the checkout."""
    lines = [words.split()[:-1] for words in instructions("COPY") if "--from" not in words]
    return {name for words in lines for name in words}


def test_every_file_that_is_copied_exists_and_is_let_in() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    assert copied_files() == let_in
    assert [name for name in copied_files() if not (ROOT / name).exists()] == []


def test_it_is_not_run_by_root_and_the_service_is_the_default() -> None:
    targets = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[-3:]
    base, simulator, service = targets
    assert re.search(r"^USER 10001$", base, re.MULTILINE)
    assert simulator.startswith("base AS simulator")
    assert service.startswith("base AS service")
    assert "USER" not in simulator + service


def test_the_health_checks_ask_what_exists(app: Flask) -> None:
    paths = re.findall(r"urlopen\('http://127\.0\.0\.1:[^/]+(/\w*)'", DOCKERFILE)
    assert paths == ["/", "/livez"]
    assert app.test_client().get("/livez").status_code == 200


def test_the_image_serves_as_the_procfile_does() -> None:
    assert yaml.safe_load(instructions("CMD")[-1]) == web_line()


@pytest.mark.parametrize("name", OURS)
def test_compose_runs_the_lines_of_the_procfile(name: str) -> None:
    procfile = yaml.safe_load((ROOT / "Procfile").read_text())
    assert COMPOSE["services"][name]["command"] == shlex.split(procfile[name])


@pytest.mark.parametrize("name", OURS)
def test_what_compose_runs_can_neither_write_nor_gain_rights(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_nobody_outside_the_machine_reaches_what_compose_runs() -> None:
    ports = [one for service in COMPOSE["services"].values() for one in service.get("ports", [])]
    assert ports == ["127.0.0.1:${PORT:-8000}:8000"]
