"""The pages in Russian have the commands of the English ones, word for word."""

import pytest
from harness.constants import ROOT
from harness.documents import BLOCK, steps_of

PAGES = {
    "README.ru.md": "README.md",
    "docs/ru/front-end.md": "docs/front-end.md",
    "docs/ru/simulator.md": "docs/simulator.md",
}


def blocks(page: str) -> list[str]:
    """The blocks of commands of a page, without the comments, which are translated."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        "\n".join(line for line in block.splitlines() if not line.startswith("# "))
        for block in BLOCK.findall(text)
    ]


@pytest.mark.parametrize(("russian", "english"), PAGES.items(), ids=PAGES.values())
def test_the_commands_of_a_translation_are_those_of_its_page(russian: str, english: str) -> None:
    """Whoever changes a command copies it to the translation."""
    assert blocks(russian)
    assert blocks(russian) == blocks(english)[: len(blocks(russian))]


@pytest.mark.parametrize(("russian", "english"), PAGES.items(), ids=PAGES.values())
def test_a_translation_says_the_same_is_answered(russian: str, english: str) -> None:
    told = steps_of(ROOT / russian)
    assert told == steps_of(ROOT / english)[: len(told)]


def test_nothing_of_the_readme_is_left_out() -> None:
    assert len(blocks("README.ru.md")) == len(blocks("README.md"))
