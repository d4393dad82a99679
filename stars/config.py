"""The settings: a frozen dataclass read once from the environment. Reads nothing else and starts nothing."""

import os
import re
import sys
from dataclasses import dataclass, field
from typing import Literal, cast

from environs import Env, EnvValidationError
from marshmallow.validate import OneOf, Range, Regexp

# Per worker; and as many database connections, since a request holds one at most. Fewer would be a little faster
# (benchmarks/), but whoever meets a locked row occupies one for 3 s.
THREADS = 4

CHECKOUT_RESERVED_FOR = 60
"""Seconds after an approved checkout in which no other of its purchase is approved.

Telegram charges at once when it has our answer, which counts for 10 s after its question. The other
50 s are for the news of the charge: if we are away just then, Telegram tells it again at once and
then after 2, 4, 8 and 16 s more. Longer would only keep those waiting whose payment broke off.
"""

SHAPES = {
    "DATABASE_URL": (
        r"postgres(ql)?://\S+|\w+ *=.*",
        "must be an address like postgres://user:password@host/database",
    ),
    "PUBLIC_URL": (r"https?://[^\s?#]+", "must be like https://stars.example.com, without a query"),
    "CORS_ORIGINS": (
        r"(\*|https?://[^\s/?#*,]+)(, *https?://[^\s/?#*,]+)*",
        "must be like https://a.example, http://b:3000",
    ),
    "CORS_HEADERS": (
        r"[\w-]+(, *[\w-]+)*",
        "must be names of headers, like X-Shop-Version, X-Trace",
    ),
    # As many as HS256 has bytes (RFC 7518, 3.2): a shorter one could be guessed from a token.
    "AUTH_JWT_SECRET": (r"\S{32,}", "must be 32 or more characters without blanks"),
    "AUTH_JWKS_URL": (r"https?://[^\s#@]+", "must be like https://id.example/jwks.json"),
    "AUTH_JWT_USER_CLAIM": (r"[!-~]{1,64}", "must be the name of a claim, like sub"),
    "AUTH_JWT_ISSUER": (r"\S+", "must be what the tokens have as iss"),
    "AUTH_JWT_AUDIENCE": (r"\S+", "must be what the tokens have as aud"),
    "CONSOLE_PASSWORD": (r"[^\x00-\x1f\x7f]+", "must be characters that a keyboard has"),
    "METRICS_TOKEN": (r"[!-~]+", "must be printable ASCII without blanks"),
    "TELEGRAM_API_URL": (r"https?://[^\s?#@]+", "must be like https://api.telegram.org"),
    "TELEGRAM_BOT_TOKEN": (
        r"\d{3,20}:[A-Za-z0-9_-]{20,128}",
        "must be the token @BotFather gave, like 123456:ABC...",
    ),
    # Telegram allows 1-256 of these; fewer than 24 could be guessed.
    "TELEGRAM_WEBHOOK_SECRET": (r"[A-Za-z0-9_-]{24,256}", "must be 24-256 of A-Za-z0-9_-"),
}


class ConfigurationError(Exception):
    """The environment does not add up. The message has a line for every problem, by the name of its variable."""

    def __init__(self, problems: dict[str, str]) -> None:
        lines = [
            f"  {name:<{max(map(len, problems))}}  {why}" for name, why in sorted(problems.items())
        ]
        super().__init__("\n".join(["the configuration cannot work:", *lines]))


@dataclass(frozen=True)
class Settings:
    """What the service is told from outside. Secrets stay out of `repr`, so that no log line can show them."""

    app_env: str = "development"
    mode: Literal["mock", "live", "off"] = "off"
    database_url: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    log_level: str = "INFO"
    public_url: str | None = None
    cors_origins: tuple[str, ...] = ()
    cors_headers: tuple[str, ...] = ()
    auth_jwt_secret: str | None = field(default=None, repr=False)
    auth_jwks_url: str | None = None
    auth_jwt_user_claim: str = "sub"
    auth_jwt_issuer: str | None = None
    auth_jwt_audience: str | None = None
    console_password: str | None = field(default=None, repr=False)
    metrics_token: str | None = field(default=None, repr=False)
    telegram_bot_token: str | None = field(default=None, repr=False)
    telegram_webhook_secret: str | None = field(default=None, repr=False)
    telegram_api_url: str = "https://api.telegram.org"
    checkout_reserved_for: int = CHECKOUT_RESERVED_FOR

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the environment, and in development the file `.env`.

        Raises:
            ConfigurationError: with every problem there is.

        """
        env = Env(eager=False)
        if os.environ.get("APP_ENV", "development") == "development":
            env.read_env(".env", recurse=False)

        def shaped(name: str) -> str | None:
            pattern, why = SHAPES[name]
            return env.str(name, "", validate=Regexp(rf"(?:{pattern})?\Z", error=why)) or None

        app_env = env.str(
            "APP_ENV", "development", validate=OneOf(["development", "staging", "production"])
        )
        switches = ("MOCK_PAYMENTS", "TELEGRAM_STARS_ENABLED")
        mock, live = (env.str(name, "") != "" and env.bool(name) for name in switches)
        settings = cls(
            app_env=app_env,
            mode="mock" if mock else "live" if live else "off",
            database_url=shaped("DATABASE_URL"),
            host=env.str("HOST", "127.0.0.1" if app_env == "development" else "0.0.0.0"),
            port=env.int("PORT", 8000, validate=Range(1, 65535)),
            workers=env.int("WEB_CONCURRENCY", 2, validate=Range(1, 64)),
            log_level=env.str(
                "LOG_LEVEL", "INFO", validate=OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
            ),
            public_url=(shaped("PUBLIC_URL") or "").rstrip("/") or None,
            cors_origins=separated(shaped("CORS_ORIGINS")),
            cors_headers=separated(shaped("CORS_HEADERS")),
            auth_jwt_secret=shaped("AUTH_JWT_SECRET"),
            auth_jwks_url=shaped("AUTH_JWKS_URL"),
            auth_jwt_user_claim=shaped("AUTH_JWT_USER_CLAIM") or cls.auth_jwt_user_claim,
            auth_jwt_issuer=shaped("AUTH_JWT_ISSUER"),
            auth_jwt_audience=shaped("AUTH_JWT_AUDIENCE"),
            console_password=shaped("CONSOLE_PASSWORD"),
            metrics_token=shaped("METRICS_TOKEN"),
            telegram_bot_token=shaped("TELEGRAM_BOT_TOKEN"),
            telegram_webhook_secret=shaped("TELEGRAM_WEBHOOK_SECRET"),
            checkout_reserved_for=env.int(
                "CHECKOUT_RESERVED_FOR", CHECKOUT_RESERVED_FOR, validate=Range(0, 3600)
            ),
            telegram_api_url=(shaped("TELEGRAM_API_URL") or cls.telegram_api_url).rstrip("/"),
        )
        problems = settings.contradictions()
        try:
            env.seal()
        except EnvValidationError as invalid:
            found = cast(dict[str, list[str]], invalid.error_messages)
            problems |= {name: " ".join(why) for name, why in found.items()}
        if problems:
            raise ConfigurationError(problems)
        return settings

    @property
    def is_rehearsal(self) -> bool:
        """Whether live mode runs against a Telegram on the developer's own machine."""
        here = re.match(r"https?://(127\.0\.0\.1|localhost)(:|/|$)", self.telegram_api_url)
        return self.mode == "live" and self.app_env == "development" and here is not None

    def contradictions(self) -> dict[str, str]:
        """What does not go together in these settings, by the name of the variable to change."""
        found = {}
        if self.mode == "live":
            secrets = {
                "TELEGRAM_BOT_TOKEN": self.telegram_bot_token,
                "TELEGRAM_WEBHOOK_SECRET": self.telegram_webhook_secret,
            }
            found = {name: "live mode needs it" for name, value in secrets.items() if not value}
        if self.app_env == "production":
            if self.mode == "mock":
                found["MOCK_PAYMENTS"] = (
                    "a mock has no place in production: unset it, or set APP_ENV=staging"
                )
            if "*" in self.cors_origins:
                found["CORS_ORIGINS"] = "in production name the origins: * lets every site call"
            if (self.auth_jwks_url or "").startswith("http:"):
                found["AUTH_JWKS_URL"] = "in production it must be https: who sends keys, decides"
            if not self.database_url:
                found["DATABASE_URL"] = (
                    "production needs a database of its own; the embedded one is for development"
                )
        return found


def separated(text: str | None) -> tuple[str, ...]:
    """Return the parts of a list with commas."""
    return tuple(re.split(", *", text)) if text else ()


def settings_or_exit() -> Settings:
    """Return the settings of the environment.

    When they cannot work, their problems go to stderr and the process ends with exit code 2.
    """
    try:
        return Settings.from_environment()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
