"""N3: what is paid and not handed out in time is in sight: metrics, the console, its filter."""

from datetime import timedelta

import pytest
from flask import Flask
from harness.backend import Backend
from harness.constants import SWORD
from harness.people import Person, person
from harness.types import MakeApp, Sql
from prometheus_client.parser import text_string_to_metric_families

from stars.domain import fulfilment

OVERDUE = ("stars_unfulfilled_purchases", "stars_unfulfilled_oldest_seconds")


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """A service that waits an hour for what is paid to be handed out."""
    return make_app(fulfil_within=timedelta(hours=1))


def look(app: Flask) -> None:
    """Look for what is overdue, as the worker does every minute."""
    db = app.extensions["stars"].db
    fulfilment.await_within(db, mode="mock", within=timedelta(hours=1))


def make_overdue(app: Flask, sql: Sql, hours: int) -> None:
    """Let a purchase p1 have been paid so many hours ago, while handing out was waited for."""
    look(app)
    person(app, "alice").purchase("p1", **SWORD)
    look(app)
    ago = timedelta(hours=hours)
    sql.execute("UPDATE awaited_fulfilments SET paid_at = paid_at - %s", [ago])
    sql.execute("UPDATE fulfilment_awaited_since SET since = since - 2 * %s::interval", [ago])


def gauges(app: Flask) -> dict[str, float]:
    text = app.test_client().get("/metrics").text
    samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples[sample.labels.get("check", sample.name)] = sample.value
    return samples


def test_n3_what_is_overdue_is_counted_with_the_age_of_the_oldest(app: Flask, sql: Sql) -> None:
    make_overdue(app, sql, hours=3)
    found = gauges(app)
    count, oldest = (found[name] for name in OVERDUE)
    assert count == found["fulfilment"] == 1
    assert 3 * 3600 <= oldest < 4 * 3600


def test_n3_what_is_overdue_is_red_in_the_console_and_found(app: Flask, sql: Sql) -> None:
    make_overdue(app, sql, hours=3)
    page = app.test_client().get("/console/funnel").text
    assert "<strong>fulfilment: 1 paid and not handed out, the oldest for 3 h." in page
    link = "/console?status=succeeded&fulfilled=no"
    assert link.replace("&", "&amp;") in page
    assert 'data-key="p1"' in app.test_client().get(link).text


def test_n3_what_was_handed_out_is_no_longer_overdue(app: Flask, sql: Sql) -> None:
    make_overdue(app, sql, hours=3)
    shop = Backend(app, "write")
    shop.call("POST", "/api/v1/purchases/p1/fulfil", {"reference": "d1"})
    look(app)
    assert [gauges(app)[name] for name in OVERDUE] == [0, 0]
    assert "fulfilment:" not in app.test_client().get("/console").text


def test_n3_looking_changes_nothing(app: Flask, sql: Sql) -> None:
    """What observes must not begin to wait, nor write: it may look at a standby."""
    assert [gauges(app)[name] for name in OVERDUE] == [0, 0]
    assert sql.execute("SELECT count(*) FROM fulfilment_awaited_since").fetchone() == (0,)


def test_n3_where_nobody_waits_there_is_no_such_gauge(make_app: MakeApp, alice: Person) -> None:
    alice.purchase("p1", **SWORD)
    assert not set(OVERDUE) & set(gauges(make_app()))


def test_the_console_shows_what_was_handed_out(app: Flask, alice: Person) -> None:
    alice.invoice("p0")
    alice.purchase("p1", **SWORD)
    alice.purchase("p2", **SWORD)
    shop = Backend(app, "write")
    shop.call("POST", "/api/v1/purchases/p1/fulfil", {"reference": "d1"})

    page = app.test_client().get("/console").text
    cells = page.split('<td class="handed">')[1:]
    p2, p1, p0 = [cell.partition("</td>")[0] for cell in cells]
    assert "not yet" in p2
    assert str(alice.get("p1").json["fulfilled_at"]) in p1
    assert 'class="nothing"' in p0
