"""The payment sheet speaks English and Russian, and counts as each does."""

import pytest
from flask import Flask
from harness.pages import link_of
from harness.people import Person


def sheet(app: Flask, link: str, language: str) -> str:
    """The payment sheet, as a browser of this language sees it."""
    return app.test_client().get(link, headers={"Accept-Language": language}).text


@pytest.mark.parametrize(
    ("accepted", "language", "pay"),
    [
        ("ru", "ru", "Оплатить"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru", "Оплатить"),
        ("en", "en", "Pay"),
        ("de, en;q=0.5", "en", "Pay"),
        ("de", "en", "Pay"),
    ],
)
def test_the_payment_speaks_english_and_russian(
    app: Flask, alice: Person, accepted: str, language: str, pay: str
) -> None:
    page = sheet(app, link_of(alice, "p1"), accepted)

    assert pay in page
    assert f'<html lang="{language}">' in page


@pytest.mark.parametrize(
    ("price", "english", "russian"),
    [
        (1, "1 Star<", "1 звезда<"),
        (2, "2 Stars<", "2 звезды<"),
        (5, "5 Stars<", "5 звёзд<"),
        (11, "11 Stars<", "11 звёзд<"),
        (12, "12 Stars<", "12 звёзд<"),
        (21, "21 Stars<", "21 звезда<"),
        (22, "22 Stars<", "22 звезды<"),
        (111, "111 Stars<", "111 звёзд<"),
        (112, "112 Stars<", "112 звёзд<"),
    ],
)
def test_stars_are_counted_as_each_language_does(
    app: Flask, alice: Person, price: int, english: str, russian: str
) -> None:
    link = link_of(alice, "p1", price_stars=price)

    assert english in sheet(app, link, "en")
    assert russian in sheet(app, link, "ru")
