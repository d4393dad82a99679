"""F9: the environment alone decides outside development; a `.env` lying around changes nothing."""

import sys
from pathlib import Path

import pytest
from harness.start import FLASK, run

WEB_LINE = [
    sys.executable,
    "-m",
    "gunicorn",
    "-c",
    "python:stars.serve",
    "--check-config",
    "app:app",
]
COMMANDS = {"flask": [*FLASK, "db", "status"], "web line": WEB_LINE}
WRONG = "LOG_LEVEL=nonsense\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to start in, below another."""
    folder = tmp_path / "above" / "here"
    folder.mkdir(parents=True)
    return folder


def is_read(command: list[str], folder: Path, **environment: str) -> bool:
    """Whether a file's LOG_LEVEL has come through."""
    done = run(*command, cwd=folder, **environment)
    assert "Traceback" not in done.stderr
    return "LOG_LEVEL" in done.stderr


@pytest.mark.parametrize("app_env", ["staging", "production"])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
@pytest.mark.parametrize("name", [".env", ".flaskenv", "../.env"])
def test_f9_outside_development_no_file_is_read(
    folder: Path, url: str, command: list[str], app_env: str, name: str
) -> None:
    (folder / name).write_text(WRONG)
    assert not is_read(command, folder, APP_ENV=app_env, DATABASE_URL=url)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_f9_in_development_the_file_of_this_very_folder_is_read(
    folder: Path, url: str, command: list[str]
) -> None:
    (folder / "../.env").write_text(WRONG)
    (folder / ".flaskenv").write_text(WRONG)
    assert not is_read(command, folder, DATABASE_URL=url)
    (folder / ".env").write_text(WRONG)
    assert is_read(command, folder, DATABASE_URL=url)
    assert not is_read(command, folder, DATABASE_URL=url, LOG_LEVEL="INFO")


def test_f9_what_the_environment_says_as_well_stays(folder: Path, url: str) -> None:
    """The same value in both: that it also stands in a file takes nothing away."""
    (folder / ".env").write_text(f"DATABASE_URL={url}\n")
    done = run(*FLASK, "db", "status", cwd=folder, APP_ENV="production", DATABASE_URL=url)
    assert (done.returncode, done.stderr) == (0, "")


def test_f9_a_file_that_cannot_be_read_is_named(folder: Path, url: str) -> None:
    (folder / ".env").write_bytes("SECRET=\u00e9".encode("latin-1"))
    refused = run(*COMMANDS["web line"], cwd=folder, DATABASE_URL=url)
    assert refused.returncode == 2
    assert ".env  cannot be read" in refused.stderr
