"""F8: text of every language and emoji is text, and can be the title of an item."""

import json
from pathlib import Path

import pytest
from harness.types import Command

SHOWN = {
    "Persian, with a zero-width non-joiner": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Hindi, with a zero-width joiner": "\u0936\u0915\u094d\u200d\u0924\u093f",
    "Arabic, with a mark of direction": "\u200f\u0633\u064a\u0641 +1",
    "Hebrew": "\u05d7\u05e8\u05d1 \u05d6\u05d4\u05d1",
    "Japanese, with an ideographic space": "\u91d1\u306e\u3000\u5263",
    "Thai": "\u0e14\u0e32\u0e1a\u0e17\u0e2d\u0e07",
    "French, with a no-break space": "Achetez\u00a0!",
    "a soft hyphen": "Schwert\u00adgriff",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "a skin tone": "\U0001f44d\U0001f3fd",
    "a flag": "\U0001f1e9\U0001f1ea",
    "the flag of England": "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a heart with a variation selector": "\u2764\ufe0f",
    "a keycap": "1\ufe0f\u20e3",
    "an emoji newer than Unicode 17": "\U0001faea\U0001fadc",
    "two lines": "Sword\nof gold",
}
NOT_SHOWN = {
    "nothing": "",
    "blanks": " \u00a0\u3000",
    "joiners alone": "\u200d\u200c",
    "a newline": "\n",
    "NUL": "a\0b",
    "a bell": "a\a",
    "a C1 control": "a\u0085b",
    "half of a pair": "a\ud800",
}


def import_title(command: Command, folder: Path, title: str) -> tuple[int, str]:
    """Import one item; the exit code, and what was said of it."""
    item = {"item_id": "one", "title": title, "description": title or "x", "price_stars": 5}
    path = folder / "items.json"
    path.write_text(json.dumps([item]))
    done = command("items", "import", str(path))
    return done.exit_code, done.output


@pytest.mark.parametrize("title", SHOWN.values(), ids=SHOWN.keys())
def test_f8_text_of_every_language_is_text(command: Command, tmp_path: Path, title: str) -> None:
    assert import_title(command, tmp_path, title)[0] == 0

    (listed,) = json.loads(command("items", "list", "--json").stdout)
    assert (listed["title"], listed["description"]) == (title, title)


@pytest.mark.parametrize("title", NOT_SHOWN.values(), ids=NOT_SHOWN.keys())
def test_f8_what_has_nothing_to_see_is_refused(
    command: Command, tmp_path: Path, title: str
) -> None:
    exit_code, said = import_title(command, tmp_path, title)

    assert (exit_code, "title: Must be something that can be shown." in said) == (1, True)
