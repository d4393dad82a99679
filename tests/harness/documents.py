"""The commands on a page of the documentation: read, run in one shell, held against the page.

A line of four blanks behind a `#` says what the command above it prints; `...` stands for anything.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.constants import ROOT
from harness.servers import clean_environment

ANSWER = "#    "
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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


def disagreements(
    page: Path, environment: dict[str, str], told: str, address: str
) -> list[tuple[str, str, str]]:
    """Run a page's commands against `address`, which the page calls `told`.

    Returns each command that printed something else than the page says, with both.
    """
    steps = steps_of(page)
    wrong: list[tuple[str, str, str]] = []
    for step, output in zip(steps, run(steps, environment, told, address), strict=True):
        expected = (step.expected or "...").replace(told, address)
        if not fits(expected, output):
            wrong.append((step.command, expected, output))
    return wrong


def run(steps: list[Step], environment: dict[str, str], told: str, address: str) -> list[str]:
    """Run the commands in one shell, against `address` instead of `told`; what each printed."""
    border = "--- the next command ---"
    script = f"\necho '{border}'\n".join(step.command for step in steps)
    script = script.replace(told, address).replace("curl ", "curl -sS ")
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


def fits(expected: str, printed: str) -> bool:
    """Tell whether `printed` is what the page says, blanks at both ends aside."""
    pattern = re.escape(expected).replace(re.escape("..."), ".*?")
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None
