"""The console's list: every filter, and pages by key."""

import re
from itertools import chain
from typing import Any

from harness.constants import SWORD
from harness.people import Person
from harness.types import Sql


def listed(app: Any, query: str = "") -> list[str]:
    page = app.test_client().get(f"/console{query}")
    assert page.status_code == 200, page.text
    return re.findall(r'data-key="([^"]+)"', page.text)


def test_the_console_finds_by_every_filter(app: Any, alice: Person, bob: Person) -> None:
    alice.invoice("p1", source="shop", channel="menu")
    bob.invoice("p2", item_id="speed", purchase_type="boost", source="push")
    bob.purchase("p2")
    assert listed(app) == ["p2", "p1"]
    for query, found in {
        "status=pending": ["p1"],
        "status=succeeded": ["p2"],
        "user_id=bob": ["p2"],
        "purchase_type=cosmetic": ["p1"],
        "source=push": ["p2"],
        "channel=menu": ["p1"],
        "since=2000-01-01": ["p2", "p1"],
        "until=2000-01-01T00:00": [],
        "since=2000-01-01&until=2100-01-01T00:00": ["p2", "p1"],
        "user_id=bob&status=pending": [],
        "source=++": ["p2", "p1"],
    }.items():
        assert listed(app, f"?{query}") == found, query
    assert (
        app.test_client().get("/console?purchase_id=p1").headers["Location"]
        == "console/purchases/p1"
    )
    for wrong in (
        "status=lost",
        "user_id=a+b",
        "since=soon",
        "after=x",
        "after=2026-01-01_%00",
        "unknown=1",
    ):
        assert app.test_client().get(f"/console?{wrong}").status_code == 422, wrong


def test_the_console_pages_by_key_so_that_nothing_is_skipped_or_shown_twice(
    app: Any, alice: Person, sql: Sql
) -> None:
    for n in range(104):
        alice.purchase(f"p{n:03}", **SWORD)
    sql.execute(
        "UPDATE purchases SET created_at = '2026-01-31' WHERE purchase_id BETWEEN 'p020' AND 'p080'"
    )  # one moment
    seen, query = [], ""
    while True:
        page = app.test_client().get(f"/console{query}").text
        seen.append(re.findall(r'data-key="([^"]+)"', page))
        alice.purchase(f"late{len(seen)}", **SWORD)  # comes in meanwhile
        older = re.search(r'href="console(\?[^"]+)" rel="next"', page)
        if not older:
            break
        query = older[1].replace("&amp;", "&")
    sql.execute("UPDATE purchases SET created_at = succeeded_at")
    assert [len(rows) for rows in seen] == [50, 50, 4]
    assert sorted(chain(*seen)) == [f"p{n:03}" for n in range(104)]
