"""A small real bot in each of six libraries sells a sword, is asked for help, and refunds."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.constants import ROOT
from harness.node import install, without_node
from harness.servers import clean_environment
from harness.simulator import TOKEN, Sim
from harness.waiting import eventually

BOTS = ROOT / "tests" / "simulator" / "bots"
PYTHON = ("aiogram_bot.py", "telebot_bot.py", "ptb_bot.py")
NODE = ("grammy_bot.mjs", "telegraf_bot.mjs", "node_bot.mjs")
COMMANDS = ["start", "paysupport"]


@pytest.fixture
def node_libraries() -> Path:
    """The libraries of the Node bots, installed beside them once."""
    return install(BOTS)


@contextmanager
def running(bot: str, sim: Sim, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The bot as a process of its own, which polls the simulator."""
    interpreter = sys.executable if bot.endswith(".py") else "node"
    environment = clean_environment(BOT_API=sim.address, BOT_TOKEN=TOKEN)
    # Node warns of modules that Telegraf's own libraries use.
    environment["NODE_NO_WARNINGS"] = "1"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [interpreter, str(BOTS / bot)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def sell_a_sword(sim: Sim, process: "subprocess.Popen[bytes]") -> None:
    """Everything that a buyer does, and everything that the bot has to do in turn."""
    user = sim.user(first_name="Alice", stars=60)

    def says(text: str) -> bool:
        assert process.poll() is None, "the bot has ended"
        return text in sim.texts(user)

    def commands() -> list[str]:
        assert process.poll() is None, "the bot has ended"
        bots = sim.look("bots")
        return [one["command"] for one in sim.chat(user)["commands"]] if bots else []

    eventually(lambda: commands() == COMMANDS, within=180)
    sim.act("message", user=user, start="spring")
    eventually(lambda: says("Welcome, Alice! spring"), within=180)
    press = sim.press(user, "Buy a sword", wait=60)
    assert (press["answered"], press["text"]) == (True, "One sword, coming up")
    eventually(lambda: says("A fine choice.") and sim.chat(user)["offers"], within=180)
    assert sim.press(user, "Pay 50 XTR", wait=60)["status"] == "paid"
    eventually(lambda: says("Thank you! The sword is yours."), within=180)
    assert (sim.stars(user), sim.balance()) == (10, 50)
    sim.act("message", user=user, text="/paysupport")
    eventually(lambda: says("Write to us what went wrong."), within=180)
    sim.act("message", user=user, text="/refund")
    eventually(lambda: says("Your Stars are back."), within=180)
    assert (sim.stars(user), sim.balance()) == (60, 0)


def refused(sim: Sim) -> list[str]:
    """The calls that were refused, and why."""
    return [
        f"{line['method']}: {line['answer']['description']}"
        for line in sim.journal("request")
        if not line["answer"]["ok"]
    ]


def stop(process: "subprocess.Popen[bytes]", sim: Sim) -> None:
    """End the bot as its host would."""
    process.send_signal(signal.SIGTERM)
    # A poll that waits keeps some libraries from ending: a last message answers it.
    sim.act("message", user=sim.look("users")[0]["id"], text="Bye")
    assert process.wait(60) in (0, -signal.SIGTERM)


def assert_it_sells(bot: str, sim: Sim, log: Path) -> None:
    """The bot does all it has to, complains of nothing, and no call of its is refused."""
    with running(bot, sim, log) as process:
        sell_a_sword(sim, process)
        assert log.read_text() == ""
        assert refused(sim) == []
        assert sim.journal("warning") == []
        stop(process, sim)


@pytest.mark.parametrize("bot", PYTHON)
def test_a_bot_in_python_sells(sim: Sim, tmp_path: Path, bot: str) -> None:
    assert_it_sells(bot, sim, tmp_path / "log")


@without_node
@pytest.mark.parametrize("bot", NODE)
def test_a_bot_in_node_sells(sim: Sim, tmp_path: Path, node_libraries: Path, bot: str) -> None:
    assert_it_sells(bot, sim, tmp_path / "log")


@without_node
def test_the_bot_of_the_newcomers_page_sells(
    sim: Sim, tmp_path: Path, node_libraries: Path
) -> None:
    page = (ROOT / "docs" / "newcomers.md").read_text()
    code = re.search(r"```js\n(import { Bot.*?)```", page, re.DOTALL)
    assert code is not None
    bot = tmp_path / "bot.mjs"
    bot.write_text(code[1])
    (tmp_path / "node_modules").symlink_to(node_libraries)
    with running(str(bot), sim, tmp_path / "log"):
        user = sim.user(first_name="Alice", stars=60)
        eventually(lambda: sim.look("bots"), within=60)
        sim.act("message", user=user, start="")
        eventually(lambda: sim.chat(user)["offers"], within=60)
        assert sim.press(user, "Pay 50 Stars", wait=60)["status"] == "paid"
        eventually(lambda: "The sword is yours." in sim.texts(user), within=60)
    assert (tmp_path / "log").read_text() == ""
