"""F1: the embedded PostgreSQL starts whatever was left behind, and says why when it cannot."""

import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from harness.constants import ROOT
from harness.postgres import created
from harness.servers import clean_environment
from harness.start import FLASK, postgres_on, run
from harness.waiting import eventually, together

from stars.database.programs import EmbeddedUnavailable
from stars.database.server import Server


def socket_folder(server: Server) -> Path:
    """Where a client connects to."""
    with psycopg.connect(server.url) as conn:
        return Path(conn.info.host)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that runs."""
    server = created(tmp_path / "data")
    server.start()
    yield server
    server.stop()


def test_f1_the_socket_is_where_nobody_else_can_go(server: Server) -> None:
    folder = socket_folder(server)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    server.stop()
    assert not folder.exists()


def test_f1_a_place_for_the_socket_that_somebody_else_has_taken_is_not_used(
    server: Server, tmp_path: Path
) -> None:
    folder = socket_folder(server)
    server.stop()
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(EmbeddedUnavailable, match=f"{folder}.* is somebody else's"):
            server.start()
    finally:
        folder.unlink()


def test_f1_the_address_of_another_server_that_lies_in_the_folder_is_not_believed(
    server: Server, tmp_path: Path
) -> None:
    """As in a copy of a checkout whose service runs."""
    copy = created(tmp_path / "copy")
    shutil.copy(server.data / "postmaster.pid", copy.data)
    copy.start()
    assert copy.pid != server.pid
    assert socket_folder(copy) != socket_folder(server)
    copy.stop()


def test_f1_a_server_that_was_killed_is_not_taken_for_whoever_has_its_number_now(
    server: Server,
) -> None:
    """As in a container, where the same numbers come again."""
    left_behind = (server.data / "postmaster.pid").read_text()
    killed = server.pid
    server.stop()
    told = left_behind.replace(str(killed), str(os.getpid()), 1)
    (server.data / "postmaster.pid").write_text(told)
    server.start()
    assert server.pid not in (killed, os.getpid())


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_f1_a_first_start_that_is_broken_off_does_not_bar_the_next(
    tmp_path: Path, sig: signal.Signals
) -> None:
    command = [*FLASK, "db", "status"]
    first = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=clean_environment(PYTHONPATH=str(ROOT)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    started = psutil.Process(first.pid)
    eventually(lambda: [child for child in started.children() if child.name() == "initdb"])
    first.send_signal(sig)
    first.wait(60)

    again = run(*command, cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    assert postgres_on(tmp_path) == []


def test_f1_two_that_start_at_once_share_one_server(tmp_path: Path) -> None:
    command = [*FLASK, "db", "migrate"]
    both = together(*[lambda: run(*command, cwd=tmp_path)] * 3)
    assert [(one.returncode, one.stderr) for one in both] == [(0, "")] * 3
    assert "".join(one.stdout for one in both).count("applied 0001") == 1
    assert postgres_on(tmp_path) == []


def test_f1_what_postgresql_refuses_to_start_with_is_said_in_one_line(
    server: Server, tmp_path: Path
) -> None:
    server.stop()
    data = server.data.rename(tmp_path / ".pgdata")
    with (data / "postgresql.conf").open("a") as settings:
        settings.write("nonsense = 1\n")
    refused = run(*FLASK, "db", "status", cwd=tmp_path)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "contains errors" in refused.stderr
    assert f"({data / 'log'})" in refused.stderr
    assert 'parameter "nonsense"' in (data / "log").read_text()


def test_f1_what_initdb_refuses_is_said_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "with a line\nbreak"
    folder.mkdir()
    refused = run(*FLASK, "db", "status", cwd=folder)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "cannot be created: " in refused.stderr
    assert "contains a newline" in refused.stderr
    assert list(folder.iterdir()) == []


def test_f1_what_is_no_folder_of_data_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".pgdata").mkdir()
    (tmp_path / ".pgdata" / "diary").write_text("mine")
    refused = run(*FLASK, "db", "status", cwd=tmp_path)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "cannot be kept" in refused.stderr
    assert "Directory not empty" in refused.stderr
    assert (tmp_path / ".pgdata" / "diary").read_text() == "mine"
