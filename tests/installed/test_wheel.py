"""The wheel alone, outside the checkout: it is complete, and its commands sell."""

import subprocess
from glob import glob
from pathlib import Path
from zipfile import ZipFile

import psutil
import requests
from harness.constants import ROOT, SWORD
from harness.servers import Served, free_port
from harness.simulator import TOKEN
from harness.types import Serve
from harness.waiting import eventually

PAGES = ("/mock/demo", "/console", "/docs", "/openapi.json", "/static/star.svg")


def files_in(folder: Path) -> list[str]:
    """The names of all files below a folder, also of those behind a link."""
    return glob("**/*.*", root_dir=folder, recursive=True)


def test_every_file_of_the_package_and_of_sql_is_in_the_wheel(wheel: Path) -> None:
    package = {f"stars/{name}" for name in files_in(ROOT / "stars")}
    sql = {f"stars/sql/{name}" for name in files_in(ROOT / "sql")}
    needed = {name for name in package | sql if "__pycache__" not in name}
    with ZipFile(wheel) as archive:
        assert needed - set(archive.namelist()) == set()


def worker_of(shop: Served) -> psutil.Process:
    """The worker that `stars serve` starts beside the web."""

    def workers() -> list[psutil.Process]:
        children = psutil.Process(shop.process.pid).children()
        return [one for one in children if "worker" in one.cmdline()]

    return eventually(workers)[0]


def test_the_wheel_sells(
    installed: Path, outside: dict[str, str], serve: Serve, tmp_path: Path, url: str
) -> None:
    told = outside | {"DATABASE_URL": url, "MOCK_PAYMENTS": "true"}
    shop = serve([str(installed / "stars"), "serve"], tmp_path, **told)
    worker = worker_of(shop)
    assert "mock mode" in shop.output()
    assert shop.person("alice").purchase("p1", **SWORD).json["status"] == "succeeded"
    for page in PAGES:
        assert requests.get(shop.address + page, timeout=20).status_code == 200

    listed = subprocess.run(
        ["stars", "purchase", "list"],
        cwd=tmp_path,
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "p1" in listed.stdout

    assert shop.stop() == 0
    assert not worker.is_running()


def test_the_wheel_simulates(installed: Path, outside: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    command = [str(installed / "stars"), "simulator", "--port", str(port)]
    simulator = subprocess.Popen(
        command, cwd=tmp_path, env=outside, stdout=subprocess.PIPE, text=True
    )
    try:
        assert simulator.stdout is not None
        assert simulator.stdout.readline().startswith("A simulator of Telegram Stars")
        address = f"http://127.0.0.1:{port}"
        bot = requests.get(f"{address}/bot{TOKEN}/getMe", timeout=20)
        assert bot.json()["ok"]
        assert requests.get(address, timeout=20).status_code == 200
    finally:
        simulator.terminate()
        simulator.communicate(timeout=60)
