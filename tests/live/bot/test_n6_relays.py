"""N6: a bot of each library that keeps its updates relays them as docs/bot.md says, and sells."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.constants import BOT_TOKEN, ROOT
from harness.live import Shop, open_shop
from harness.node import install, without_node
from harness.servers import clean_environment
from harness.updates import new_id
from harness.waiting import eventually

from stars.domain import api_keys

PAGE = ROOT / "docs" / "bot.md"
RELAYS = Path(__file__).parent / "relays"
PYTHON = {"aiogram": "aiogram_bot.py", "python-telegram-bot": "ptb_bot.py"}


@pytest.fixture(scope="module")
def relayed_shop(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A service that knows that the bot keeps its updates."""
    with open_shop(server, tmp_path_factory.mktemp("relayed"), RELAYED_UPDATES="true") as shop:
        assert shop.run("telegram", "webhook", "delete").exit_code == 0
        shop.sim.act("settings", checkout_seconds=60.0)  # ten are few on a busy machine
        yield shop
        assert shop.wrong() == []


def documented(library: str) -> str:
    """The lines with which the page has a bot of this library relay."""
    section = PAGE.read_text(encoding="utf-8").partition(f"### {library}\n")[2]
    found = re.search(r"```(?:python|js)\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def write_bot(library: str, bot: str, folder: Path) -> Path:
    """The bot with these lines in it."""
    text = (RELAYS / bot).read_text(encoding="utf-8")
    whole, number = re.subn(r"(?m)^(#|//) RELAY$", lambda _mark: documented(library), text)
    assert number == 1
    path = folder / bot
    path.write_text(whole, encoding="utf-8")
    return path


@contextmanager
def running(path: Path, shop: Shop) -> Iterator["subprocess.Popen[bytes]"]:
    """The bot as a process of its own, which polls the simulator."""
    here = shop.app.extensions["stars"]
    key = api_keys.create(here.db, name=path.name, mode="live", scopes=["write"])
    environment = clean_environment(
        BOT_API=shop.sim.address, BOT_TOKEN=BOT_TOKEN, STARS=shop.address, KEY=key
    )
    interpreter = sys.executable if path.suffix == ".py" else "node"
    with (path.parent / "log").open("wb") as output:
        process = subprocess.Popen(
            [interpreter, str(path)],
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
        print((path.parent / "log").read_text())  # pytest shows it when the test has failed


def sell_both(shop: Shop, process: "subprocess.Popen[bytes]") -> None:
    """The bot greets, sells what is the service's and what is its own, and declines the rest."""
    buyer = shop.buyer(stars=1000)

    def says(text: str) -> bool:
        assert process.poll() is None, "the bot has ended"
        return text in shop.sim.texts(buyer.id)

    shop.sim.act("message", user=buyer.id, start="spring")
    eventually(lambda: says("Welcome!"), within=60)

    purchase_id = new_id()
    link = buyer.link(purchase_id)
    assert shop.sim.act("pay", link=link, user=buyer.id, wait=60)["status"] == "paid"
    eventually(lambda: says(f"Paid: {purchase_id}"), within=60)
    assert buyer.status(purchase_id) == "succeeded"

    again = shop.sim.act("pay", link=link, user=buyer.id, wait=60)
    assert again["status"] == "failed"
    assert "paid already" in again["reason"]

    theirs = shop.sim.link(70, payload="of-the-bot", description="Theirs")
    assert shop.sim.act("pay", link=theirs, user=buyer.id, wait=60)["status"] == "paid"
    eventually(lambda: says("Paid: of-the-bot"), within=60)
    assert shop.charges("of-the-bot") == []
    assert buyer.stars() == 1000 - 50 - 70


@pytest.mark.parametrize("library", PYTHON)
def test_n6_a_bot_in_python_relays_as_documented(
    relayed_shop: Shop, tmp_path: Path, library: str
) -> None:
    path = write_bot(library, PYTHON[library], tmp_path)
    with running(path, relayed_shop) as process:
        sell_both(relayed_shop, process)


@without_node
def test_n6_a_bot_in_node_relays_as_documented(relayed_shop: Shop, tmp_path: Path) -> None:
    modules = install(ROOT / "tests" / "simulator" / "bots")
    path = write_bot("grammY", "grammy_bot.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(modules)
    with running(path, relayed_shop) as process:
        sell_both(relayed_shop, process)
