"""F6: nothing that serves only to observe (metrics, logs) can fail a purchase."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import requests
from harness.constants import ROOT, SWORD
from harness.servers import WEB, Served, clean_environment, free_port
from harness.types import Serve
from harness.waiting import eventually

COUNTED = re.compile(r'stars_purchase_outcomes_total\{name="purchase_succeeded"\} (\d+)')


def counted(served: Served) -> int:
    """How many purchases the metrics tell of."""
    exposition = requests.get(f"{served.address}/metrics", timeout=10)
    assert exposition.status_code == 200
    found = COUNTED.search(exposition.text)
    return int(found[1]) if found else 0


def buy(served: Served, purchase_id: str) -> None:
    assert served.person("alice").purchase(purchase_id, **SWORD).status_code == 200


def test_f6_the_folder_of_the_metrics_is_made_when_it_is_absent(
    url: str, serve: Serve, tmp_path: Path
) -> None:
    folder = tmp_path / "not" / "yet"
    served = serve(DATABASE_URL=url, PROMETHEUS_MULTIPROC_DIR=str(folder))
    buy(served, "p1")

    assert counted(served) == 1


def test_f6_a_folder_swept_away_fails_nobody_and_counting_begins_anew(
    url: str, serve: Serve, tmp_path: Path
) -> None:
    folder = tmp_path / "metrics"
    served = serve(DATABASE_URL=url, PROMETHEUS_MULTIPROC_DIR=str(folder), WEB_CONCURRENCY="1")
    buy(served, "p1")
    for sweep in range(2):
        shutil.rmtree(folder)
        buy(served, f"while-gone-{sweep}")
        eventually(lambda: requests.get(f"{served.address}/metrics", timeout=5) and folder.exists())
        before = counted(served)
        buy(served, f"after-{sweep}")
        assert counted(served) == before + 1


@pytest.mark.parametrize("there", ["a file", "a folder nobody may write to"])
def test_f6_a_folder_that_cannot_be_fails_nobody(
    there: str, url: str, serve: Serve, tmp_path: Path
) -> None:
    place = tmp_path / "taken"
    place.write_text("not a folder")
    folder = place if there == "a file" else Path("/proc/metrics")
    served = serve(DATABASE_URL=url, PROMETHEUS_MULTIPROC_DIR=str(folder))
    buy(served, "p1")

    assert counted(served) == 0
    assert served.lines("metrics_unavailable")


def test_f6_files_of_workers_that_ended_are_merged_and_counts_never_go_back(
    url: str, serve: Serve, tmp_path: Path
) -> None:
    folder = tmp_path / "metrics"
    served = serve(DATABASE_URL=url, PROMETHEUS_MULTIPROC_DIR=str(folder), WEB_CONCURRENCY="2")
    for number in range(1, 5):
        buy(served, f"p{number}")
        assert counted(served) == number
        old = served.workers()[0]
        old.kill()
        eventually(lambda old=old: old.pid not in {one.pid for one in served.workers()})
        eventually(lambda n=number: counted(served) == n)

    ended = {path.name for path in folder.iterdir() if "_ended" in path.name}
    assert ended == {"counter_ended.db", "histogram_ended.db"}
    assert len(list(folder.iterdir())) <= 2 * (1 + 2)


def test_f6_counts_go_on_after_a_restart_with_the_same_folder(
    url: str, serve: Serve, tmp_path: Path
) -> None:
    folder = str(tmp_path / "metrics")
    first = serve(DATABASE_URL=url, PROMETHEUS_MULTIPROC_DIR=folder)
    buy(first, "p1")
    first.stop()
    second = serve(DATABASE_URL=url, PROMETHEUS_MULTIPROC_DIR=folder)
    buy(second, "p2")

    assert counted(second) == 2


def test_f6_a_killed_service_leaves_no_folder_for_long(url: str, serve: Serve) -> None:
    served = serve(DATABASE_URL=url)
    pid = served.process.pid
    workers = served.workers()
    assert folders_of(pid) != []
    for process in [served.process, *workers]:
        process.kill()
    served.process.wait()
    serve(DATABASE_URL=url)

    assert folders_of(pid) == []


def folders_of(pid: int) -> list[Path]:
    return [path for place in ("/dev/shm", "/tmp") for path in Path(place).glob(f"stars-*-{pid}-*")]


def test_f6_whoever_reads_the_log_may_go_away(url: str) -> None:
    """Its standard output is a pipe whose reader is gone."""
    port = str(free_port())
    environment = clean_environment(DATABASE_URL=url, PORT=port, MOCK_PAYMENTS="true")
    read, write = os.pipe()
    with subprocess.Popen(
        WEB, cwd=ROOT, env=environment, stdout=write, stderr=write, start_new_session=True
    ) as process:
        os.close(write)
        try:
            eventually(lambda: answers(port), within=180)
            os.close(read)
            for number in range(5):
                assert purchase_status(port, f"p{number}") == 200
        finally:
            process.terminate()


def test_f6_a_full_disk_fails_nobody(url: str, tmp_path: Path) -> None:
    """No file may grow: not that of the log, nor those of the metrics."""
    port = str(free_port())
    environment = clean_environment(
        DATABASE_URL=url,
        PORT=port,
        MOCK_PAYMENTS="true",
        PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "metrics"),
        PYTHONDONTWRITEBYTECODE="1",
    )
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            ["bash", "-c", 'ulimit -f 0; exec "$@"', "bash", *WEB],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        try:
            eventually(lambda: process.poll() is not None or answers(port), within=180)
            for number in range(5):
                assert purchase_status(port, f"p{number}") == 200
        finally:
            process.terminate()


def answers(port: str) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/livez", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def purchase_status(port: str, purchase_id: str) -> int:
    return requests.post(
        f"http://127.0.0.1:{port}/api/v1/purchase",
        json={"purchase_id": purchase_id, **SWORD},
        headers={"X-User-Id": "alice"},
        timeout=30,
    ).status_code
