"""The console's funnel: its windows, its figures, and that what is refused keeps the form."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from harness.histories import MS, write_history
from harness.people import Person
from harness.types import Sql

from stars.domain.wording import change
from stars.web import charts

FUNNEL = "/console/funnel"


def text(app: Flask, query: str = "") -> str:
    """What the page says, without its tags."""
    page = app.test_client().get(f"{FUNNEL}{query}")
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


def test_it_tells_the_stars_that_were_sold(app: Flask, alice: Person) -> None:
    alice.invoice("p1", price_stars=1500)
    alice.purchase("p1")
    alice.invoice("p2", price_stars=99)
    assert "Stars sold 1,500" in text(app)


@pytest.mark.parametrize(("name", "days"), [("24h", 1), ("7d", 7), ("30d", 30)])
def test_a_window_is_one_click_away(app: Flask, name: str, days: int) -> None:
    page = app.test_client().get(f"{FUNNEL}?last={name}&by=source").text
    since, until = re.findall(r'<time datetime="([^"]+)"', page)[:2]
    length = datetime.fromisoformat(until) - datetime.fromisoformat(since)
    assert length == timedelta(days=days)
    assert f'href="?last={name}&amp;by=source" aria-current="true"' in page


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("since=2026-01-02T00:00&until=2026-01-01T00:00", "since: Must lie before until."),
        ("since=soon&until=2026-01-01T00:00", "since: Must be a day"),
        ("last=100y&until=2026-01-01T00:00", "last: Must be one of: 24h, 7d, 30d."),
    ],
)
def test_a_window_that_is_refused_keeps_the_form(app: Flask, query: str, why: str) -> None:
    refused = app.test_client().get(f"{FUNNEL}?{query}&by=source")
    assert refused.status_code == 422
    assert why in refused.text
    assert 'value="2026-01-01T00:00"' in refused.text
    assert "<option selected>source</option>" in refused.text


def test_every_bar_has_its_number(app: Flask, sql: Sql) -> None:
    now = datetime.now(UTC)
    for number in range(3):
        write_history(sql, f"p{number}", "IS", now - 2400 * MS, now)
    write_history(sql, "p3", "I", now - 2400 * MS)
    shown = text(app)
    assert "2 s to 5 s 3" in shown
    assert "3 completed, 1 open, 0 failed" in shown
    month = app.test_client().get(f"{FUNNEL}?last=30d").text
    assert re.search(r"<text [^>]+>4</text>", month)
    assert '<text class="tick"' in month


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (0, 0, ""),
        (5, 0, "new"),
        (12, 10, "+20 %"),
        (60, 10, "+500 %"),
        (70, 10, "was 10"),
        (3, 1, "was 1"),
        (0, 9, "was 9"),
        (0, 10, "-100 %"),
    ],
)
def test_no_percentage_is_absurd(now: int, before: int, told: str) -> None:
    assert change(now, before) == told


@pytest.mark.parametrize(
    ("number", "most"), [(0, 1), (1, 1), (3, 4), (10, 10), (11, 20), (98, 100), (2501, 4000)]
)
def test_an_axis_ends_at_a_number_that_reads_well(number: int, most: int) -> None:
    assert charts.round_up(number) == most
