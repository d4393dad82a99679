"""The start page of a developer, and what a browser sees where there is nothing."""

import pytest
from flask import Flask
from harness.constants import BOT_TOKEN, WEBHOOK_SECRET
from harness.types import MakeApp

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LIVE = {"mode": "live", "telegram_bot_token": BOT_TOKEN, "telegram_webhook_secret": WEBHOOK_SECRET}


@pytest.mark.parametrize(
    ("settings", "words", "has_demo"),
    [
        ({"mode": "mock"}, "Mock mode: no Star is spent", True),
        ({"mode": "off"}, "Payments are switched off", False),
        (LIVE, "Live mode: real Stars", False),
        (LIVE | {"telegram_api_url": "http://127.0.0.1:8081"}, "simulated Telegram", True),
    ],
    ids=["mock", "off", "live", "rehearsal"],
)
def test_a_developer_starts_at_a_page_that_leads_everywhere(
    make_app: MakeApp, settings: dict[str, str], words: str, has_demo: bool
) -> None:
    client = make_app(**settings).test_client()
    page = client.get("/").text
    assert words in page
    assert ('href="mock/demo"' in page) == has_demo
    assert 'href="console"' in page
    assert 'href="docs"' in page


@pytest.mark.parametrize("app_env", ["staging", "production"])
def test_nobody_else_does(make_app: MakeApp, app_env: str) -> None:
    assert make_app(**LIVE, app_env=app_env).test_client().get("/").status_code == 404


def test_a_browser_sees_a_page_where_there_is_nothing(app: Flask) -> None:
    page = app.test_client().get("/nowhere/at/all", headers=BROWSER)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert 'href="../../docs"' in page.text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/nowhere", {}),
        ("/nowhere", {"Accept": "*/*"}),
        ("/nowhere", {"Accept": "application/json"}),
        ("/api/v1/nowhere", BROWSER),
    ],
)
def test_a_program_sees_a_document(app: Flask, path: str, headers: dict[str, str]) -> None:
    answer = app.test_client().get(path, headers=headers)
    assert (answer.status_code, answer.json["error"]) == (404, "not_found")


def test_an_unknown_page_of_the_console_keeps_its_head(app: Flask) -> None:
    page = app.test_client().get("/console/nowhere", headers=BROWSER)
    assert page.status_code == 404
    assert "mock: no Star is spent" in page.text
    assert ">Outcomes<" in page.text


def test_g33_a_stranger_sees_no_head_of_the_console(make_app: MakeApp) -> None:
    client = make_app(console_password="let me in").test_client()
    page = client.get("/console/nowhere", headers=BROWSER)
    assert page.status_code == 401
    assert "PostgreSQL" not in page.text
