"""The service as a real process, and the ports and variables that processes need."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import requests

from harness.constants import ROOT
from harness.people import Answer, Person
from harness.waiting import eventually


def web_line() -> list[str]:
    """The command of the Procfile's web line."""
    found = re.search(r"^web: (.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert found is not None
    return found[1].split()


WEB = web_line()


def free_port() -> int:
    """A port nobody listens on, below those given to outgoing connections (32768 and up)."""
    while True:
        port = secrets.choice(range(15_000, 32_000))
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


def clean_environment(**more: str) -> dict[str, str]:
    """What a process needs of our environment, and none of our settings; `more` is added."""
    ours = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV")
    bin_folder = str(Path(sys.executable).parent)
    kept = {name: os.environ[name] for name in ours if name in os.environ}
    path = {"PATH": f"{bin_folder}:{kept['PATH']}", "PYTHONUNBUFFERED": "1"}
    return kept | path | more


class Served:
    """The service as a real process under gunicorn; ready when it is made.

    `environment` is added to a clean one; what the process prints goes to the file `log`.
    """

    def __init__(
        self, command: list[str], environment: dict[str, str], cwd: Path, log: Path
    ) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.sessions: list[requests.Session] = []
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env=clean_environment() | {"PORT": str(self.port)} | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        eventually(lambda: self.process.poll() is not None or self.answers("/livez"), within=180)

    def answers(self, path: str) -> bool:
        """Whether a GET of `path` is answered with 200."""
        try:
            return requests.get(self.address + path, timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def output(self) -> str:
        """All it has printed so far."""
        return self.log.read_text()

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The log lines of that name."""
        printed = self.output().splitlines()
        found = [json.loads(line) for line in printed if line.startswith("{")]
        return [line for line in found if line["message"] == name]

    def person(self, name: str) -> Person:
        """Somebody who calls it over one kept-alive connection."""
        session = requests.Session()
        self.sessions.append(session)

        def send(method: str, path: str, headers: dict[str, str], body: Any = None) -> Answer:
            address = self.address + path
            answer = session.request(method, address, headers=headers, json=body, timeout=30)
            return Answer(answer.status_code, answer.headers, answer.text)

        return Person(send, name)

    def workers(self) -> list[psutil.Process]:
        """The processes that serve."""
        return psutil.Process(self.process.pid).children()

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """End it and everything it started; return its exit code."""
        for session in self.sessions:
            session.close()
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            return self.process.wait(90)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
