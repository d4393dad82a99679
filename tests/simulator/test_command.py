"""`python -m stars.simulator`, as a process of its own."""

import re
import signal
import subprocess
import sys

from harness.constants import ROOT
from harness.servers import clean_environment
from harness.simulator import Sim
from harness.waiting import eventually


def test_the_one_command_says_what_a_bot_needs_and_stops_at_once() -> None:
    command = [
        sys.executable,
        "-m",
        "stars.simulator",
        "--port",
        "0",
        "--link-base",
        "https://t.me",
        "--seed",
        "1",
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        banner = "".join(eventually(process.stdout.readline) for _ in range(9))
        address = re.search(r"API address +(http://127\.0\.0\.1:\d+) ", banner)[1]
        token = re.search(r"token +(\S+) ", banner)[1]
        sim = Sim(address, token)
        assert sim.link().startswith("https://t.me/$")
        sim.session.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
