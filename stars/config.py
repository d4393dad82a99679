"""The settings: a frozen dataclass, read once from the environment. Nothing is started here."""

import re
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

from stars import environment
from stars.addresses import problem_with
from stars.proxies import ProxyError, is_this_machine, proxy_for
from stars.variables import Variables

DATABASE_CONNECTIONS = 6
"""For each process. Two web processes and a worker then have 18.

Small plans allow 20, and a deploy and somebody with psql want one each. More would hardly be faster
(docs/benchmarks.md): a connection is busy for half a millisecond, unless it waits for a lock.
"""

CHECKOUT_RESERVED_FOR = 60
"""Seconds after an approved checkout in which no other of its purchase is approved.

Telegram charges at once when it has our answer, which counts for 10 s after its question. The other
50 s are for the news of the charge: if we are away just then, Telegram tells it again at once and
then after 2, 4, 8 and 16 s more. Longer would only keep those waiting whose payment broke off.
"""

KEEP_UPDATES = 90
"""Days. Telegram resends for one; a buyer's complaint or a chargeback may take a quarter."""

SILENCE_AFTER = 24
"""Hours. A small shop may sell nothing on a day, though somebody has looked at an invoice."""

Mode = Literal["mock", "live", "off"]


class ConfigurationError(Exception):
    """The environment does not add up. The message has a line for every problem.

    It names the variables, and shows nothing of their values.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        width = max(map(len, problems))
        lines = [f"  {name:<{width}}  {why}" for name, why in sorted(problems.items())]
        super().__init__("\n".join(["the configuration cannot work:", *lines]))


@dataclass(frozen=True)
class Settings:
    """What the service is told from outside.

    Secrets stay out of `repr`, so that no log line can show them.
    """

    app_env: str = "development"
    mode: Literal["mock", "live", "off"] = "off"
    database_url: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    database_connections: int = DATABASE_CONNECTIONS
    log_level: str = "INFO"
    public_url: str | None = None
    script_name: str = ""
    mock_links: str = "service"
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
    telegram_test_environment: bool = False
    checkout_reserved_for: int = CHECKOUT_RESERVED_FOR
    keep_updates: int = KEEP_UPDATES
    silence_after: int = SILENCE_AFTER
    fulfil_within: timedelta | None = None
    refund_unfulfilled_after: timedelta | None = None
    forward_updates_url: str | None = field(default=None, repr=False)
    forward_updates_secret: str | None = field(default=None, repr=False)
    relayed_updates: bool = False
    pre_checkout_url: str | None = field(default=None, repr=False)
    pre_checkout_secret: str | None = field(default=None, repr=False)
    support_contact: str | None = None
    terms_url: str | None = None
    privacy_url: str | None = None

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the environment, and in development the file `.env`.

        Raises:
            ConfigurationError: with every problem there is.

        """
        try:
            environment.settle()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError({".env": f"cannot be read: {error}"}) from error
        variables = Variables()
        settings = read_settings(variables)
        problems = settings.contradictions() | settings.unusable_proxies() | variables.problems()
        if problems:
            raise ConfigurationError(problems)
        return settings

    @property
    def is_rehearsal(self) -> bool:
        """Whether live mode runs against a Telegram on the developer's own machine."""
        telegram = urlsplit(self.telegram_api_url).hostname or ""
        is_tried = self.mode == "live" and self.app_env == "development"
        return is_tried and is_this_machine(telegram)

    @property
    def prefix(self) -> str:
        """The path that the service stands under for those who ask, like `/stars`; "" for none."""
        return self.script_name or urlsplit(self.public_url or "").path

    @property
    def listening_on(self) -> str:
        """The host and the port, as they are written together."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def contradictions(self) -> dict[str, str]:
        """Return what does not go together, by the name of the variable to change."""
        found = self._unfit_for_the_bot()
        if self.mode == "live":
            found |= self._missing_secrets()
        if self.app_env == "production":
            found |= self._unfit_for_production()
        return found

    def unusable_proxies(self) -> dict[str, str]:
        """Return which proxies stand in the way to what these settings need, by variable."""
        found = {}
        needed = [self.telegram_api_url] if self.mode == "live" else []
        if self.auth_jwks_url:
            needed.append(self.auth_jwks_url)
        for address in needed:
            try:
                proxy_for(address)
            except ProxyError as error:
                found[error.variable] = str(error)
        return found

    def _missing_secrets(self) -> dict[str, str]:
        secrets = {
            "TELEGRAM_BOT_TOKEN": self.telegram_bot_token,
            "TELEGRAM_WEBHOOK_SECRET": self.telegram_webhook_secret,
        }
        return {name: "live mode needs it" for name, value in secrets.items() if not value}

    def _unfit_for_the_bot(self) -> dict[str, str]:
        """Return why the shop's own bot and backend cannot be asked or told, by variable."""
        found = {}
        shop = {
            "FORWARD_UPDATES": (self.forward_updates_url, self.forward_updates_secret),
            "PRE_CHECKOUT": (self.pre_checkout_url, self.pre_checkout_secret),
        }
        for name, (url, secret) in shop.items():
            problem = problem_with(url, is_development=self.app_env == "development") if url else ""
            if problem:
                found[f"{name}_URL"] = f"it {problem}"
            if url and not secret:
                found[f"{name}_SECRET"] = f"{name}_URL needs it"
        if self.forward_updates_secret and (
            self.forward_updates_secret == self.telegram_webhook_secret
        ):
            found["FORWARD_UPDATES_SECRET"] = "must not be TELEGRAM_WEBHOOK_SECRET"
        if self.forward_updates_url and self.relayed_updates:
            found["RELAYED_UPDATES"] = "with FORWARD_UPDATES_URL updates would go in a circle"
        return found

    def _unfit_for_production(self) -> dict[str, str]:
        found = {}
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


def read_settings(variables: Variables) -> Settings:
    """Return what `variables` say, with a default for what they do not."""
    app_env = variables.choice(
        "APP_ENV", "development", "staging", "production", default="development"
    )
    here_alone = app_env == "development"
    host = variables.text("HOST", "127.0.0.1" if here_alone else "0.0.0.0")
    text, secret = variables.text, variables.secret
    return Settings(
        app_env=app_env,
        mode=read_mode(variables),
        database_url=variables.database_url(),
        host=host.strip("[]"),
        port=variables.number("PORT", 8000, 1, 65535),
        workers=variables.number("WEB_CONCURRENCY", 2, 1, 64),
        database_connections=variables.number("DATABASE_CONNECTIONS", DATABASE_CONNECTIONS, 1, 100),
        log_level=variables.choice(
            "LOG_LEVEL", "DEBUG", "INFO", "WARNING", "ERROR", default="INFO"
        ),
        public_url=text("PUBLIC_URL").rstrip("/") or None,
        script_name=text("SCRIPT_NAME").rstrip("/"),
        mock_links=variables.choice("MOCK_LINKS", "service", "t.me", default="service"),
        cors_origins=separated(text("CORS_ORIGINS")),
        cors_headers=separated(text("CORS_HEADERS")),
        auth_jwt_secret=secret("AUTH_JWT_SECRET"),
        auth_jwks_url=secret("AUTH_JWKS_URL"),
        auth_jwt_user_claim=text("AUTH_JWT_USER_CLAIM", Settings.auth_jwt_user_claim),
        auth_jwt_issuer=secret("AUTH_JWT_ISSUER"),
        auth_jwt_audience=secret("AUTH_JWT_AUDIENCE"),
        console_password=secret("CONSOLE_PASSWORD"),
        metrics_token=secret("METRICS_TOKEN"),
        telegram_bot_token=secret("TELEGRAM_BOT_TOKEN"),
        telegram_webhook_secret=secret("TELEGRAM_WEBHOOK_SECRET"),
        telegram_api_url=text("TELEGRAM_API_URL", Settings.telegram_api_url).rstrip("/"),
        telegram_test_environment=variables.switch("TELEGRAM_TEST_ENVIRONMENT"),
        checkout_reserved_for=variables.number(
            "CHECKOUT_RESERVED_FOR", CHECKOUT_RESERVED_FOR, 0, 3600
        ),
        # Longer than Telegram resends: a repeat must be known for one.
        keep_updates=variables.number("KEEP_UPDATES", KEEP_UPDATES, 2, 36_500),
        silence_after=variables.number("SILENCE_AFTER", SILENCE_AFTER, 1, 8_760),
        fulfil_within=variables.duration("FULFIL_WITHIN"),
        refund_unfulfilled_after=variables.duration("REFUND_UNFULFILLED_AFTER"),
        forward_updates_url=secret("FORWARD_UPDATES_URL"),
        forward_updates_secret=secret("FORWARD_UPDATES_SECRET"),
        relayed_updates=variables.switch("RELAYED_UPDATES"),
        pre_checkout_url=secret("PRE_CHECKOUT_URL"),
        pre_checkout_secret=secret("PRE_CHECKOUT_SECRET"),
        support_contact=secret("SUPPORT_CONTACT"),
        terms_url=secret("TERMS_URL"),
        privacy_url=secret("PRIVACY_URL"),
    )


def read_mode(variables: Variables) -> Mode:
    """Return the mode that two switches choose between them: the mock wins."""
    mock = variables.switch("MOCK_PAYMENTS")
    live = variables.switch("TELEGRAM_STARS_ENABLED")
    if mock:
        return "mock"
    return "live" if live else "off"


def separated(text: str) -> tuple[str, ...]:
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
