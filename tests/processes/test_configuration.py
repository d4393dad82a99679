"""A configuration that cannot work is refused, naming every problem."""

import sys
from pathlib import Path

import pytest
from harness.constants import BOT_TOKEN, ROOT
from harness.start import APP, run

CANNOT_WORK = {
    "mock in production": (
        {"APP_ENV": "production", "MOCK_PAYMENTS": "true"},
        {"MOCK_PAYMENTS", "DATABASE_URL"},
    ),
    "live without secrets": (
        {"TELEGRAM_STARS_ENABLED": "true"},
        {"TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"},
    ),
    "weak secret": (
        {
            "TELEGRAM_STARS_ENABLED": "1",
            "TELEGRAM_BOT_TOKEN": BOT_TOKEN,
            "TELEGRAM_WEBHOOK_SECRET": "w" * 23,
        },
        {"TELEGRAM_WEBHOOK_SECRET"},
    ),
    "secret's charset": (
        {
            "TELEGRAM_STARS_ENABLED": "1",
            "TELEGRAM_BOT_TOKEN": "bot",
            "TELEGRAM_WEBHOOK_SECRET": "w" * 30 + "!",
        },
        {"TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"},
    ),
    "everything": (
        {
            "APP_ENV": "prod",
            "MOCK_PAYMENTS": "maybe",
            "PORT": "http",
            "WEB_CONCURRENCY": "0",
            "DATABASE_CONNECTIONS": "none",
            "LOG_LEVEL": "loud",
            "DATABASE_URL": "mysql://me:database-secret@db/x",
            "PUBLIC_URL": "stars.example",
            "CORS_ORIGINS": "shop.example",
            "TELEGRAM_BOT_TOKEN": "token-secret",
        },
        {
            "APP_ENV",
            "MOCK_PAYMENTS",
            "PORT",
            "WEB_CONCURRENCY",
            "DATABASE_CONNECTIONS",
            "LOG_LEVEL",
            "DATABASE_URL",
            "PUBLIC_URL",
            "CORS_ORIGINS",
            "TELEGRAM_BOT_TOKEN",
        },
    ),
    "ways to the shop that lead nowhere": (
        {
            "APP_ENV": "staging",
            "FORWARD_UPDATES_URL": "http://shop.example/bot",
            "RELAYED_UPDATES": "true",
            "PRE_CHECKOUT_URL": "https://me:her-secret@shop.example/",
            "PRE_CHECKOUT_SECRET": "whsec_short",
            "SUPPORT_CONTACT": "two\nlines",
            "TERMS_URL": "shop.example/terms",
        },
        {
            "FORWARD_UPDATES_URL",
            "FORWARD_UPDATES_SECRET",
            "RELAYED_UPDATES",
            "PRE_CHECKOUT_URL",
            "PRE_CHECKOUT_SECRET",
            "SUPPORT_CONTACT",
            "TERMS_URL",
        },
    ),
    "one secret for two": (
        {
            "TELEGRAM_WEBHOOK_SECRET": "one-secret-for-two-webhooks",
            "FORWARD_UPDATES_SECRET": "one-secret-for-two-webhooks",
        },
        {"FORWARD_UPDATES_SECRET"},
    ),
    "any origin in production": (
        {"APP_ENV": "production", "CORS_ORIGINS": "*", "DATABASE_URL": "postgres://h/d"},
        {"CORS_ORIGINS"},
    ),
}


@pytest.mark.parametrize(("environment", "named"), CANNOT_WORK.values(), ids=CANNOT_WORK.keys())
def test_a_configuration_that_cannot_work_is_exit_2_naming_every_problem(
    tmp_path: Path, environment: dict[str, str], named: set[str]
) -> None:
    for command in (
        APP,
        [sys.executable, "-m", "gunicorn", "-c", "python:stars.serve", "app:app"],
        ["flask", "--app", str(ROOT / "app.py"), "db", "status"],
    ):
        refused = run(*command, cwd=tmp_path, **environment)
        assert refused.returncode == 2
        assert refused.stderr.splitlines()[0] == "the configuration cannot work:"
        assert {line.split()[0] for line in refused.stderr.splitlines()[1:]} == named
        assert "-secret" not in refused.stderr + refused.stdout


def test_a_dot_env_file_counts_in_development_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=none\n")
    show = [
        sys.executable,
        "-c",
        "from stars.config import Settings; print(Settings.from_environment())",
    ]
    assert "PORT" in run(*show, cwd=tmp_path).stderr
    assert "port=8000" in run(*show, cwd=tmp_path, APP_ENV="staging").stdout
    assert "port=8001" in run(*show, cwd=tmp_path, PORT="8001").stdout
