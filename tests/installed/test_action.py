"""The GitHub Action: what it runs starts either program, and gives its address as an output."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests
import yaml
from harness.constants import API, ROOT, SWORD
from harness.servers import free_port
from harness.simulator import TOKEN
from harness.waiting import eventually

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
Act = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def act(installed: Path, outside: dict[str, str], tmp_path: Path, url: str) -> Iterator[Act]:
    """Run the action's only step; the environment that it would install is there already.

    What it leaves running ends before the database at `url` is given back.
    """
    runner = tmp_path / "runner"
    runner.mkdir()
    (runner / "stars").symlink_to(installed.parent)
    for what in ("simulator", "service"):
        (runner / "stars" / what).touch()
    told = outside | {
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "RUNNER_TEMP": str(runner),
    }
    started: list[subprocess.Popen[str]] = []

    def run(**inputs: str) -> "subprocess.CompletedProcess[str]":
        (step,) = ACTION["runs"]["steps"]
        process = subprocess.Popen(
            ["bash", "-c", step["run"]],
            cwd=tmp_path,
            env=told | inputs,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        _, said = process.communicate(timeout=200)
        return subprocess.CompletedProcess(step["run"], process.returncode, "", said)

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        eventually(lambda group=process.pid: not members(group), within=100)


def members(group: int) -> list[psutil.Process]:
    """The processes of a group that still run."""
    found = []
    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if os.getpgid(process.pid) == group and process.info["status"] != "zombie":
                found.append(process)
    return found


def test_it_starts_a_simulator(act: Act, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{(port := free_port())}"
    done = act(START="simulator", LISTEN_PORT=str(port))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "output").read_text() == f"address={address}\n"
    assert requests.get(f"{address}/bot{TOKEN}/getMe", timeout=20).json()["ok"]


def test_it_starts_the_service(act: Act, tmp_path: Path, url: str) -> None:
    address = f"http://127.0.0.1:{(port := free_port())}"
    done = act(START="service", LISTEN_PORT=str(port), DATABASE_URL=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "output").read_text() == f"address={address}\n"
    body = {"purchase_id": "p1", **SWORD}
    headers = {"X-User-Id": "alice"}
    answer = requests.post(address + API, json=body, headers=headers, timeout=20)
    assert answer.json()["status"] == "succeeded"


def test_what_cannot_start_fails_the_job_with_its_reason(act: Act) -> None:
    unknown = act(START="telegram")
    assert (unknown.returncode, unknown.stderr) == (
        2,
        "start is simulator or service, not 'telegram'\n",
    )
    broken = act(START="service", LISTEN_PORT=str(free_port()), DATABASE_URL="mysql://nowhere")
    assert broken.returncode == 1
    assert "DATABASE_URL" in broken.stderr


def test_the_inputs_are_what_the_script_reads() -> None:
    (step,) = ACTION["runs"]["steps"]
    assert step["env"] == {
        "START": "${{ inputs.start }}",
        "LISTEN_PORT": "${{ inputs.port }}",
    }
    assert set(ACTION["inputs"]) == {"start", "port"}
