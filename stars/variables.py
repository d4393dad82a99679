"""The variables of the environment: what each may hold, and how it is read.

No message shows anything of a value: it may be a secret, or a piece of one.
"""

import re
from datetime import timedelta
from typing import cast

from environs import Env, EnvValidationError
from marshmallow import ValidationError
from marshmallow.validate import OneOf, Range, Regexp

from stars import database_url

DURATION = (r"[1-9]\d{0,5}[smhd]", "must be a time like 90s, 15m, 48h or 3d")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
TOKEN_OF_A_WEBHOOK = (r"[A-Za-z0-9_-]{24,256}", "must be 24-256 of A-Za-z0-9_-")
"""Telegram allows 1-256 of these; fewer than 24 could be guessed."""
ADDRESS_OF_THE_SHOP = (r"https?://[!-~]+", "must be like https://shop.example/bot")

SHAPES = {
    "FULFIL_WITHIN": DURATION,
    "REFUND_UNFULFILLED_AFTER": DURATION,
    "HOST": (
        r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]?",
        "must be an address or a name to listen on, like 127.0.0.1 or ::, without a port",
    ),
    "PUBLIC_URL": (r"https?://[^\s?#]+", "must be like https://stars.example.com, without a query"),
    "SCRIPT_NAME": (
        r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?",
        "must be a path like /stars",
    ),
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
    "TELEGRAM_WEBHOOK_SECRET": TOKEN_OF_A_WEBHOOK,
    "FORWARD_UPDATES_URL": ADDRESS_OF_THE_SHOP,
    "FORWARD_UPDATES_SECRET": TOKEN_OF_A_WEBHOOK,
    "PRE_CHECKOUT_URL": ADDRESS_OF_THE_SHOP,
    # As Standard Webhooks has them, with 24 bytes or more.
    "PRE_CHECKOUT_SECRET": (
        r"whsec_([A-Za-z0-9+/]{4}){8,}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
        "must be whsec_ and 24 or more bytes in base64",
    ),
    "SUPPORT_CONTACT": (r"[^\x00-\x1f\x7f]{1,200}", "must be one line, like @shop_support"),
    "TERMS_URL": (r"https?://[^\s]+", "must be like https://shop.example/terms"),
    "PRIVACY_URL": (r"https?://[^\s]+", "must be like https://shop.example/privacy"),
}


class Variables:
    """The environment, read variable by variable; what is wrong is told at the end, all at once.

    A text or a number that is empty counts as one that is not set.
    """

    def __init__(self) -> None:
        self._env = Env(eager=False)

    def text(self, name: str, default: str = "") -> str:
        """Return a text of the variable's SHAPES."""
        pattern, why = SHAPES[name]
        shape = Regexp(rf"(?:{pattern})?\Z", error=why)
        return self._env.str(name, "", validate=[must_be_text, shape]) or default

    def secret(self, name: str) -> str | None:
        """Return the same, or None."""
        return self.text(name) or None

    def database_url(self) -> str | None:
        """Return the address of the database, or None."""
        return self._env.str("DATABASE_URL", "", validate=must_reach_a_database) or None

    def choice(self, name: str, *choices: str, default: str) -> str:
        """Return one of `choices`."""
        return self._env.str(name, default, validate=OneOf(choices)) or default

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`."""
        if self._env.str(name, "") == "":
            return default
        return self._env.int(name, validate=Range(least, most))

    def switch(self, name: str) -> bool:
        """Return whether something is switched on."""
        return self._env.str(name, "") != "" and self._env.bool(name)

    def duration(self, name: str) -> timedelta | None:
        """Return a time of the shape DURATION, or None."""
        text = self.text(name)
        if not re.fullmatch(DURATION[0], text):
            return None
        return timedelta(**{UNITS[text[-1]]: int(text[:-1])})

    def problems(self) -> dict[str, str]:
        """Return what was wrong with what has been read, by variable."""
        try:
            self._env.seal()
        except EnvValidationError as error:
            found = cast(dict[str, list[str]], error.error_messages)
            return {name: " ".join(why) for name, why in found.items()}
        return {}


def must_be_text(value: str) -> None:
    """Refuse bytes that were no UTF-8 in the environment. Raises ValidationError."""
    if not database_url.is_text(value):
        raise ValidationError("must be text in UTF-8")


def must_reach_a_database(value: str) -> None:
    """Refuse an address that cannot work. Raises ValidationError, which shows nothing of it."""
    problem = database_url.problem_with(value) if value else None
    if problem:
        raise ValidationError(problem)
