"""The pytest plugin in an environment with the wheel: the tests of docs/install.md pass there."""

import re
import shutil
import subprocess
from pathlib import Path

from harness.constants import ROOT

PAGE = ROOT / "docs" / "install.md"
BOT = Path(__file__).with_name("bot.py")
DATABASE = """
import pytest

@pytest.fixture(scope="session")
def stars_settings():
    return {{"DATABASE_URL": {url!r}}}
"""


def code_of_the_page(name: str) -> str:
    """The code that the page has for a file."""
    found = re.search(rf"```python\n(# {re.escape(name)}\n.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_tests_of_the_page_pass(
    installed: Path, outside: dict[str, str], tmp_path: Path, url: str
) -> None:
    for name in ("test_bot.py", "test_shop.py"):
        (tmp_path / name).write_text(code_of_the_page(name))
    (tmp_path / "conftest.py").write_text(DATABASE.format(url=url))
    shutil.copy(BOT, tmp_path / "bot.py")
    done = pytest_in(tmp_path, outside, "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


FAILING = """
def test_a_call_that_is_refused(stars_simulator):
    stars_simulator.act("message", user=7, text="Hello")
"""


def test_a_refusal_fails_the_test_with_its_reason(outside: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_refusal.py").write_text(FAILING)
    done = pytest_in(tmp_path, outside)
    assert done.returncode == 1
    assert "no such user: 7" in done.stdout


def test_a_service_that_cannot_start_says_why(outside: dict[str, str], tmp_path: Path) -> None:
    conftest = DATABASE.format(url="postgresql://nobody@127.0.0.1:1/none")
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "test_shop.py").write_text(code_of_the_page("test_shop.py"))
    done = pytest_in(tmp_path, outside)
    assert done.returncode == 1
    assert "the database cannot be migrated" in done.stdout


def pytest_in(
    folder: Path, environment: dict[str, str], *options: str
) -> "subprocess.CompletedProcess[str]":
    """Run the tests of a folder as somebody who has installed the wheel does."""
    return subprocess.run(
        ["pytest", "-q", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
