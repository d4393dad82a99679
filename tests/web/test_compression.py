"""Pages are sent compressed, but never where another site could learn from their length."""

import gzip

import pytest
from flask import Flask
from harness.constants import ROOT, SWORD
from harness.people import Person

OWN = {"Accept-Encoding": "gzip, br", "Sec-Fetch-Site": "same-origin"}
LIMIT = 60_000


def test_a_page_is_compressed_for_who_can_read_it(app: Flask, alice: Person) -> None:
    alice.invoice("p1")
    client = app.test_client()
    page = client.get("/console/purchases/p1", headers=OWN)
    assert page.headers["Content-Encoding"] == "gzip"
    assert int(page.headers["Content-Length"]) == len(page.data)
    plain = client.get("/console/purchases/p1")
    assert gzip.decompress(page.data) == plain.data
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Accept-Encoding": "identity"},
        {"Accept-Encoding": "gzip;q=0"},
    ],
)
def test_nothing_is_compressed_that_another_site_may_have_asked_for(
    app: Flask, headers: dict[str, str]
) -> None:
    page = app.test_client().get("/console/search?word=guess", headers=OWN | headers)
    assert "Content-Encoding" not in page.headers
    assert "guess" in page.text


def test_g36_the_longest_list_is_under_sixty_kilobytes(app: Flask, alice: Person) -> None:
    for number in range(50):
        alice.invoice(f"{number:02}" + "x" * 60, **SWORD, source="s" * 64, channel="c" * 64)
    page = app.test_client().get("/console", headers=OWN).data
    static = ROOT / "stars" / "web" / "static"
    files = [static / name for name in ("console.css", "console.js", "star.svg")]
    assert len(page) + sum(file.stat().st_size for file in files) < LIMIT
