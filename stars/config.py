"""The settings: a frozen dataclass read once from the environment. Reads nothing else and starts nothing."""

import os
import re
from dataclasses import dataclass, field
from typing import Literal

from environs import Env, EnvValidationError
from marshmallow.validate import OneOf, Range

Mode = Literal["mock", "live", "off"]

BOT_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,128}")
WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{24,256}")  # Telegram allows 1-256 of these; under 24 could be guessed.


THREADS = 8  # per worker, and as many database connections: a request holds one at most, so none waits for another's


class ConfigurationError(Exception):
    """The environment does not add up. `problems` maps each variable to what is wrong with it."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        width = max(map(len, problems))
        lines = [f"  {name:<{width}}  {why}" for name, why in sorted(problems.items())]
        super().__init__("\n".join(["the configuration cannot work:", *lines]))


@dataclass(frozen=True)
class Settings:
    """What the service is told from outside. Secrets stay out of `repr`, so that no log line can show them."""

    app_env: str = "development"
    mode: Mode = "off"
    database_url: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    log_level: str = "INFO"
    public_url: str | None = None
    cors_origins: tuple[str, ...] = ()
    metrics_token: str | None = field(default=None, repr=False)
    telegram_bot_token: str | None = field(default=None, repr=False)
    telegram_webhook_secret: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the environment, and in development the file `.env` beneath it.

        Raises:
            ConfigurationError: with every problem there is, by the name of its variable.

        """
        env = Env(eager=False)
        if os.environ.get("APP_ENV", "development") == "development":
            env.read_env(".env", recurse=False)
        app_env = env.str("APP_ENV", "development", validate=OneOf(["development", "staging", "production"]))
        mock = env.bool("MOCK_PAYMENTS", False)
        enabled = env.bool("TELEGRAM_STARS_ENABLED", False)
        settings = cls(
            app_env=app_env,
            mode="mock" if mock else "live" if enabled else "off",
            database_url=env.str("DATABASE_URL", "") or None,
            host=env.str("HOST", "127.0.0.1" if app_env == "development" else "0.0.0.0"),
            port=env.int("PORT", 8000, validate=Range(1, 65535)),
            workers=env.int("WEB_CONCURRENCY", 2, validate=Range(1, 64)),
            log_level=env.str("LOG_LEVEL", "INFO").upper(),
            public_url=env.str("PUBLIC_URL", "").rstrip("/") or None,
            cors_origins=tuple(filter(None, (origin.strip() for origin in env.str("CORS_ORIGINS", "").split(",")))),
            metrics_token=env.str("METRICS_TOKEN", "") or None,
            telegram_bot_token=env.str("TELEGRAM_BOT_TOKEN", "") or None,
            telegram_webhook_secret=env.str("TELEGRAM_WEBHOOK_SECRET", "") or None,
        )
        try:
            env.seal()
            problems = {}
        except EnvValidationError as invalid:
            problems = {name: " ".join(map(str, why)) for name, why in invalid.error_messages.items()}
        problems = settings.problems() | problems
        if problems:
            raise ConfigurationError(problems)
        return settings

    def problems(self) -> dict[str, str]:
        """What cannot work in these settings, by the name of the variable to change; empty when all is well."""
        found = {}
        if self.database_url and not re.match(r"postgres(ql)?://|\w+\s*=", self.database_url):
            found["DATABASE_URL"] = "must be a PostgreSQL address: postgres://user:password@host:5432/database"
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            found["LOG_LEVEL"] = "must be one of: DEBUG, INFO, WARNING, ERROR."
        if self.public_url and not re.fullmatch(r"https?://[^\s?#]+", self.public_url):
            found["PUBLIC_URL"] = "must start with http:// or https:// and hold no query: https://stars.example.com"
        for origin in self.cors_origins:
            if origin != "*" and not re.fullmatch(r"https?://[^\s/?#*]+", origin):
                found["CORS_ORIGINS"] = f"{origin!r} is no origin: https://shop.example.com, without a path"
        if self.telegram_bot_token and not BOT_TOKEN.fullmatch(self.telegram_bot_token):
            found["TELEGRAM_BOT_TOKEN"] = "must be the token @BotFather gave: 123456:ABC..."
        if self.telegram_webhook_secret and not WEBHOOK_SECRET.fullmatch(self.telegram_webhook_secret):
            found["TELEGRAM_WEBHOOK_SECRET"] = "must be 24-256 of A-Za-z0-9_-"
        if self.mode == "live":
            if not self.telegram_bot_token:
                found["TELEGRAM_BOT_TOKEN"] = "live mode needs it"
            if not self.telegram_webhook_secret:
                found["TELEGRAM_WEBHOOK_SECRET"] = "live mode needs it"
        if self.app_env == "production":
            if self.mode == "mock":
                found["MOCK_PAYMENTS"] = "a mock has no place in production: unset it, or set APP_ENV to staging"
            if "*" in self.cors_origins:
                found["CORS_ORIGINS"] = "in production name the origins: '*' lets every site call"
            if not self.database_url:
                found["DATABASE_URL"] = "production needs a PostgreSQL of its own; the embedded one is for development"
        return found
