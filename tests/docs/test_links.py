"""Every link of the documentation from one file of the project to another leads somewhere."""

import re
from pathlib import Path

import pytest
from harness.constants import ROOT
from harness.sources import label

FOLDERS = (ROOT, ROOT / "docs", ROOT / "docs" / "ru", ROOT / "tests", ROOT / "sql" / "functions")
PAGES = [ROOT / "llms.txt", *(page for folder in FOLDERS for page in sorted(folder.glob("*.md")))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What can stand behind the # of a link to this page, as GitHub makes it from headings."""
    titles = HEADING.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    plain = [re.sub(r"[^\w\- ]", "", title.lower()) for title in titles]
    return {title.replace(" ", "-") for title in plain}


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether there is such a file, with such a heading if the link names one."""
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    ours = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert [link for link in ours if not leads_somewhere(page, link)] == []
