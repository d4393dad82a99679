"""The console's page of Stars: the same numbers as `flask telegram balance`, without asking."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from harness.live import live_app
from harness.transactions import list_months
from harness.types import Sql

NOWHERE = "http://127.0.0.1:1"  # Telegram, which is not asked
TOLD = "INSERT INTO star_balances (bot_id, nanostars) VALUES (123456, %s)"


@pytest.fixture
def live(url: str) -> Iterator[Flask]:
    """The service in live mode."""
    app = live_app(url, NOWHERE)
    yield app
    app.extensions["stars"].db.close()


def tiles(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))


def rows(live: Flask, query: str = "") -> list[dict[str, str]]:
    answer = live.test_client().get(f"/console/stars.csv{query}")
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_nothing_has_moved_yet(live: Flask) -> None:
    page = live.test_client().get("/console/stars")
    assert page.status_code == 200
    assert "Nothing has moved yet." in page.text
    assert tiles(page.text)["Balance"] == "0"
    assert rows(live) == []


def test_the_page_and_the_spreadsheet_tell_the_same(live: Flask, sql: Sql) -> None:
    list_months(sql, 100)
    sql.execute(TOLD, [10**9 * int(rows(live)[-1]["balance"])])

    page = live.test_client().get("/console/stars").text
    shown = tiles(page)
    listed = rows(live)
    assert "Every Star is explained" in page
    assert shown["Balance"].replace(",", "") == listed[-1]["balance"]
    assert len(listed) == 100
    assert page.count("<g>") == 60
    months = rows(live, "?by=month")
    assert months[-1]["balance"] == listed[-1]["balance"]
    held = int(shown["Held"].replace(",", ""))
    free = int(shown["Can be taken out"].replace(",", ""))
    assert held > 0
    assert held + free == int(listed[-1]["balance"])


def test_a_difference_is_told(live: Flask, sql: Sql) -> None:
    list_months(sql, 5)
    sql.execute(TOLD, [7 * 10**9])
    page = live.test_client().get("/console/stars").text
    assert "less than its list explains" in page


def test_there_are_no_real_stars_in_the_mock(app: Flask) -> None:
    assert app.test_client().get("/console/stars").status_code == 404
    assert "/console/stars" not in app.test_client().get("/console").text
