"""Every command in the documentation is run as it stands, and answers what its page says.

A line of four blanks behind a `#` says what the command above it prints; `...` stands for anything.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness.constants import ROOT
from harness.servers import clean_environment
from harness.types import Serve

ANSWER = "#    "
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = (
    "README.md",
    "docs/front-end.md",
    "docs/qa.md",
    "docs/funnel.md",
    "docs/backend.md",
)
STARTS_SOMETHING = ("python3 -m venv", ".venv/bin/python", ".venv/bin/flask rehearse")
"""These run until they are stopped, or for minutes: test_start and .ci/run run them."""


@dataclass(frozen=True)
class Step:
    """One command of a page, and the pattern of what it prints; None if the page does not say."""

    command: str
    expected: str | None


def steps_of(page: Path) -> list[Step]:
    """Return the commands of a page, in order."""
    steps: list[Step] = []
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if not block.startswith(STARTS_SOMETHING):
            steps.extend(steps_of_block(block))
    return steps


def steps_of_block(block: str) -> list[Step]:
    """Return the commands of one block. A command ends where a line does not continue it."""
    steps: list[Step] = []
    pending = ""
    for line in block.splitlines():
        if line.startswith(ANSWER):
            last = steps.pop()
            said = line.removeprefix(ANSWER)
            expected = said if last.expected is None else f"{last.expected}\n{said}"
            steps.append(Step(last.command, expected))
        elif line.strip() and not line.startswith("#"):
            pending += line + "\n"
            if not line.endswith("\\"):
                steps.append(Step(pending, None))
                pending = ""
    return steps


def run(steps: list[Step], environment: dict[str, str], address: str) -> list[str]:
    """Run the commands in one shell, against the service at `address`; what each printed."""
    border = "--- the next command ---"
    script = f"\necho '{border}'\n".join(step.command for step in steps)
    script = script.replace("http://127.0.0.1:8000", address).replace("curl ", "curl -sS ")
    finished = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert finished.stderr == "", finished.stderr
    return finished.stdout.split(f"{border}\n")


def fits(expected: str, printed: str, address: str) -> bool:
    """Tell whether `printed` is what the page says, blanks at the ends of lines aside."""
    pattern = re.escape(expected.replace("http://127.0.0.1:8000", address))
    pattern = pattern.replace(re.escape("..."), ".*?")
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_answers_as_it_says(page: str, url: str, serve: Serve) -> None:
    served = serve(DATABASE_URL=url)
    environment = {"DATABASE_URL": url, "MOCK_PAYMENTS": "true", "LOG_LEVEL": "ERROR"}
    steps = steps_of(ROOT / page)

    printed = run(steps, environment, served.address)

    told: list[Any] = []
    for step, output in zip(steps, printed, strict=True):
        if step.expected is not None and not fits(step.expected, output, served.address):
            told.append((step.command, step.expected, output))
    assert told == []
