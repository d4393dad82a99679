"""The console's list: every filter, and pages by key."""

import re
from itertools import chain

import pytest
from flask import Flask
from harness.constants import SWORD
from harness.people import Person
from harness.types import Sql


def listed(app: Flask, query: str = "") -> list[str]:
    """The ids of the purchases on the page."""
    page = app.test_client().get(f"/console{query}")
    assert page.status_code == 200, page.text
    return ids_on(page.text)


def ids_on(page: str) -> list[str]:
    return re.findall(r'data-key="([^"]+)"', page)


FILTERS = {
    "": ["p2", "p1"],
    "?status=pending": ["p1"],
    "?status=succeeded": ["p2"],
    "?user_id=bob": ["p2"],
    "?purchase_type=cosmetic": ["p1"],
    "?source=push": ["p2"],
    "?channel=menu": ["p1"],
    "?since=2000-01-01": ["p2", "p1"],
    "?until=2000-01-01T00:00": [],
    "?since=2000-01-01&until=2100-01-01T00:00": ["p2", "p1"],
    "?user_id=bob&status=pending": [],
    "?source=++": ["p2", "p1"],
}


def test_the_console_finds_by_every_filter(app: Flask, alice: Person, bob: Person) -> None:
    alice.invoice("p1", source="shop", channel="menu")
    bob.invoice("p2", item_id="speed", purchase_type="boost", source="push")
    bob.purchase("p2")

    assert {query: listed(app, query) for query in FILTERS} == FILTERS


def test_a_purchase_that_is_named_is_opened(app: Flask) -> None:
    found = app.test_client().get("/console?purchase_id=p1")
    assert found.headers["Location"] == "console/purchases/p1"


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "user_id=a+b",
        "since=soon",
        "after=x",
        "after=2026-01-01_%00",
        "unknown=1",
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(app: Flask, query: str) -> None:
    assert app.test_client().get(f"/console?{query}").status_code == 422


def test_the_console_pages_by_key_so_that_nothing_is_skipped_or_shown_twice(
    app: Flask, alice: Person, sql: Sql
) -> None:
    """Many purchases are of one moment, and others come in while the pages are turned."""
    purchase_ids = [f"p{number:03}" for number in range(104)]
    for purchase_id in purchase_ids:
        alice.purchase(purchase_id, **SWORD)
    one_moment = """
        UPDATE purchases SET created_at = '2026-01-31'
        WHERE purchase_id BETWEEN 'p020' AND 'p080'
    """
    sql.execute(one_moment)

    pages = []
    query: str | None = ""
    while query is not None:
        page = app.test_client().get(f"/console{query}").text
        pages.append(ids_on(page))
        alice.purchase(f"late{len(pages)}", **SWORD)
        query = query_of_older(page)

    assert [len(rows) for rows in pages] == [50, 50, 4]
    assert sorted(chain(*pages)) == purchase_ids
    sql.execute("UPDATE purchases SET created_at = succeeded_at")  # as their events have it


def query_of_older(page: str) -> str | None:
    """The query that leads to the next page; None on the last one."""
    found = re.search(r'href="console(\?[^"]+)" rel="next"', page)
    return found[1].replace("&amp;", "&") if found else None
