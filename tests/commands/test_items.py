"""L2: `flask items`: what Telegram would refuse is not imported, and what changed is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from harness.types import Command

SOUND = {"item_id": "sound", "title": "Sound", "description": "Sound", "price_stars": 5}
ONE = {
    "item_id": "import-1",
    "title": "x" * 32,
    "description": "\u00e9" * 255,
    "price_stars": 100_000,
}
TWO = {
    **ONE,
    "item_id": "import-2",
    "active": False,
    "photo_url": "https://shop.example/2.png",
}
Import = Callable[..., Result]


@pytest.fixture
def import_items(command: Command, tmp_path: Path) -> Import:
    """Import items from a file: import_items(item, item)."""
    path = tmp_path / "items.json"

    def run(*items: dict[str, Any]) -> Result:
        path.write_text(json.dumps(items))
        return command("items", "import", str(path))

    return run


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"title": "x" * 33}, "title"),
        ({"title": ""}, "title"),
        ({"title": " "}, "title"),
        ({"title": "a\nb\0"}, "title"),
        ({"title": "\U0001f4b0" * 17}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"description": "x" * 256}, "description"),
        ({"description": None}, "description"),
        ({"price_stars": 0}, "price_stars"),
        ({"price_stars": 100_001}, "price_stars"),
        ({"price_stars": "5"}, "price_stars"),
        ({"price_stars": 5.5}, "price_stars"),
        ({"purchase_type": "x"}, "purchase_type"),
        ({"photo_url": "javascript:alert(1)"}, "photo_url"),
        ({"item_id": "a b"}, "item_id"),
        ({"colour": "red"}, "colour"),
        ({"active": "yes"}, "active"),
    ],
)
def test_l2_an_item_that_telegram_would_refuse_is_not_imported(
    command: Command, import_items: Import, wrong: dict[str, Any], why: str
) -> None:
    refused = import_items(SOUND, SOUND | {"item_id": "wrong"} | wrong)

    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert f"item 1  {why}: " in refused.stderr
    assert "sound" not in command("items", "list").stdout


def test_l2_importing_says_what_is_new_and_what_changed(import_items: Import) -> None:
    first = import_items(ONE, TWO)
    again = import_items(ONE, TWO | {"title": "Two"})

    assert first.stdout == "2 new, 0 changed, 0 as they were.\n"
    assert again.stdout == "0 new, 1 changed, 1 as they were.\n"


def test_l2_the_list_has_what_was_imported(command: Command, import_items: Import) -> None:
    import_items(ONE, TWO)

    listed = json.loads(command("items", "list", "--json").stdout)
    found = {item["item_id"]: item for item in listed}
    assert found["import-2"] == {
        "purchase_type": "unknown",
        "subscription_period": None,
        **TWO,
    }


def test_l2_an_item_that_is_there_twice_is_named(import_items: Import) -> None:
    assert "import-1, import-2 is there" in import_items(ONE, ONE, TWO, TWO).stderr


@pytest.mark.parametrize("document", ["{}", "[1]", "nonsense", '"x"'])
def test_l2_what_is_no_list_of_items_is_refused(
    command: Command, tmp_path: Path, document: str
) -> None:
    path = tmp_path / "items.json"
    path.write_text(document)

    assert command("items", "import", str(path)).exit_code == 1


def test_l2_a_file_that_is_not_there_is_wrong_usage(command: Command, tmp_path: Path) -> None:
    assert command("items", "import", str(tmp_path / "none.json")).exit_code == 2


def test_l2_an_unknown_item_cannot_be_deactivated(command: Command) -> None:
    assert command("items", "deactivate", "no-such").exit_code == 1
