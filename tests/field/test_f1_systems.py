"""F1: what is said where it cannot run at all, and how it is reached where it listens."""

import subprocess
import sys
from pathlib import Path

import pytest
from harness.constants import ROOT
from harness.servers import clean_environment

from stars.config import ConfigurationError, Settings
from stars.start import local_address

ON_WINDOWS = """
import runpy, sys
import flask.cli
sys.platform = "win32"
for missing in ("fcntl", "pwd", "grp", "resource"):
    sys.modules[missing] = None
{entry}
"""
ENTRIES = {
    "python app.py": 'runpy.run_path("app.py", run_name="__main__")',
    "flask": 'sys.argv = ["flask", "db", "status"]; flask.cli.main()',
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_f1_on_windows_one_line_says_what_to_do(entry: str) -> None:
    refused = subprocess.run(
        [sys.executable, "-c", ON_WINDOWS.format(entry=entry)],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "WSL" in refused.stderr


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("[::]", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
        ("fe80::1", "http://[fe80::1]:8000"),
        ("my-machine.lan", "http://my-machine.lan:8000"),
        ("", "http://127.0.0.1:8000"),
    ],
)
def test_f1_the_address_that_is_printed_is_one_to_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, address: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOST", host)
    assert local_address(Settings.from_environment()) == address


@pytest.mark.parametrize("host", ["localhost:8000", "http://here", "*", "a b", "[]"])
def test_f1_what_nothing_can_listen_on_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOST", host)
    with pytest.raises(ConfigurationError, match="HOST  must be an address or a name"):
        Settings.from_environment()
