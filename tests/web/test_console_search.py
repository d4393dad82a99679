"""The console's search box, its sums and its CSV."""

import csv
import io

import pytest
from flask import Flask
from harness.people import Person
from werkzeug.test import TestResponse


def ask(app: Flask, word: str) -> TestResponse:
    return app.test_client().get("/console/search", query_string={"word": word})


def test_the_one_purchase_that_is_meant_is_opened(app: Flask, alice: Person) -> None:
    alice.invoice("order-1001")
    alice.invoice("other")
    assert ask(app, " order-1 ").headers["Location"] == "purchases/order-1001"


def test_of_several_that_may_be_meant_all_are_shown(app: Flask, alice: Person) -> None:
    alice.invoice("order-1001")
    alice.invoice("order-1002")
    page = ask(app, "alice")
    assert page.status_code == 200
    assert page.text.index("order-1002") < page.text.index("order-1001")


@pytest.mark.parametrize("word", ["nobody", "a b", "<script>", "'", "%", "\0x", "я", "x" * 3000])
def test_what_nobody_knows_is_said_so(app: Flask, alice: Person, word: str) -> None:
    alice.invoice("order-1001")
    page = ask(app, word)
    assert page.status_code == 200
    assert "Nothing found" in page.text
    assert "<script>" not in page.text


def test_without_a_word_the_list_is_shown(app: Flask) -> None:
    assert ask(app, " ").headers["Location"] == "../console"


def test_what_is_filtered_is_summed(app: Flask, alice: Person, bob: Person) -> None:
    alice.invoice("p1", price_stars=1500)
    alice.invoice("p2", price_stars=1)
    bob.invoice("p3", price_stars=7)
    totals = app.test_client().get("/console/totals?user_id=alice").text
    assert "<strong>2</strong> purchases, <strong>1,501</strong> Stars" in totals
    assert "<strong>1</strong> Star<" not in totals


def test_what_is_filtered_can_be_downloaded(app: Flask, alice: Person, bob: Person) -> None:
    alice.invoice("p1", source="shop")
    bob.invoice("p2")
    file = app.test_client().get("/console/purchases.csv?user_id=alice")
    assert file.mimetype == "text/csv"
    assert "purchases.csv" in file.headers["Content-Disposition"]
    [row] = csv.DictReader(io.StringIO(file.text))
    assert (row["purchase_id"], row["price_stars"], row["source"]) == ("p1", "50", "shop")
    assert row["channel"] == ""


def test_a_file_of_nothing_has_its_head(app: Flask) -> None:
    file = app.test_client().get("/console/purchases.csv")
    assert file.text.startswith("created_at,purchase_id,status,price_stars")


@pytest.mark.parametrize("path", ["", "/totals", "/purchases.csv"])
def test_what_cannot_be_meant_is_refused_everywhere(app: Flask, path: str) -> None:
    assert app.test_client().get(f"/console{path}?status=lost").status_code == 422


@pytest.mark.parametrize("path", ["/search?word=p1", "/totals", "/purchases.csv"])
def test_g33_strangers_find_nothing(app: Flask, path: str) -> None:
    stranger = {"REMOTE_ADDR": "192.0.2.7"}
    page = app.test_client().get(f"/console{path}", environ_base=stranger)
    assert page.status_code == 404
