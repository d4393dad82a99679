"""Users: by launch data of Telegram's, by a token of the shop's, or in mock mode by a header."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import Flask, current_app, request
from werkzeug.datastructures import Headers

from stars.config import Settings
from stars.domain.api_keys import Scope
from stars.errors import PurchaseNotFound, Unauthorized
from stars.schemas.values import IDENTIFIER
from stars.web.callers import launch_data
from stars.web.callers.keys import sent_key, user_of_backend
from stars.web.callers.tokens import Tokens

LAUNCH_DATA = "Authorization: tma <initData>"
TOKEN = "Authorization: Bearer <JWT>"
HEADER = "X-User-Id: <1-64 of A-Za-z0-9._:->"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A user who calls. From `valid_until` on, what names them is good for little: see reading."""

    user_id: str
    valid_until: datetime | None = None

    def check_validity(self) -> None:
        """Raise Unauthorized if what names the caller is no longer good for every call."""
        if self.valid_until is not None and self.valid_until < datetime.now(UTC):
            raise launch_data.expired()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Look for a purchase of the caller's, within this; then check_reading.

        Who has started a purchase can read how it ends, also once their launch data is too old to
        start another. It says nothing more: where there is no such purchase, it is just too old.
        """
        try:
            yield
        except PurchaseNotFound:
            self.check_validity()
            raise

    def check_reading(self, created_at: str) -> None:
        """Raise Unauthorized if the caller cannot have started a purchase created at that time."""
        if self.valid_until is not None and self.valid_until < datetime.fromisoformat(created_at):
            raise launch_data.expired()


@dataclass(frozen=True)
class Identities:
    """The kinds of identity that are read here.

    Launch data is read whenever it is sent: without `bot_token` it is refused. The header is
    believed in mock mode alone.
    """

    bot_token: str | None
    tokens: Tokens | None
    header_is_believed: bool

    def identify(self, headers: Headers, *, to_read: bool) -> Caller:
        """Return who calls. If they only want `to_read`, their launch data may be older.

        Raises:
            Unauthorized: nobody is named, or what is sent does not hold (G23). It says which kinds
                are read here and why this one was not, and never repeats what was sent.
            IdentityUnavailable: a token cannot be checked now.

        """
        try:
            caller = self._identify(headers)
            if not to_read:
                caller.check_validity()
            return caller
        except Unauthorized as error:
            raise Unauthorized(f"{error} {self._kinds()}", challenge=self._challenge()) from None

    def _identify(self, headers: Headers) -> Caller:
        named = headers.get("X-User-Id")
        proven = self._proven_caller(headers.get("Authorization", ""))
        if proven is not None:
            if named not in (None, proven.user_id):
                raise Unauthorized("X-User-Id names another user than the Authorization.")
            return proven
        if self.header_is_believed and named is not None and IDENTIFIER.fullmatch(named):
            return Caller(user_id=named)
        raise Unauthorized(self._why_unknown(headers))

    def _why_unknown(self, headers: Headers) -> str:
        """Return why nothing that was sent names the caller."""
        reasons = []
        if "Authorization" in headers:
            reasons.append("The Authorization is of no kind that is read here.")
        if self.header_is_believed:
            reasons.append("X-User-Id is missing, or no user id.")
        elif "X-User-Id" in headers:
            reasons.append("X-User-Id is believed in mock mode alone.")
        return " ".join(reasons) or "Nothing names the caller."

    def _proven_caller(self, authorization: str) -> Caller | None:
        """Return whom the Authorization proves; None if it is of a kind that is not ours to judge.

        A staging site may stand behind a password.
        """
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() == "tma":
            launch = launch_data.verify(credentials.strip(), self.bot_token)
            return Caller(user_id=launch.user_id, valid_until=launch.valid_until)
        if scheme.lower() == "bearer" and self.tokens is not None:
            return Caller(user_id=self.tokens.verify(credentials.strip()))
        return None

    def _kinds(self) -> str:
        """Return a sentence that says which kinds are read here."""
        kinds = [LAUNCH_DATA] if self.bot_token else []
        if self.tokens is not None:
            kinds.append(TOKEN)
        if self.header_is_believed:
            kinds.append(HEADER)
        if not kinds:
            return "No kind is read here: set TELEGRAM_BOT_TOKEN, AUTH_JWT_SECRET or AUTH_JWKS_URL."
        return f"Send {', or '.join(kinds)}."

    def _challenge(self) -> str:
        return "tma" if self.tokens is None else "tma, Bearer"


def install(app: Flask, settings: Settings) -> None:
    """Have `app` read the kinds of identity that these settings allow."""
    app.extensions["stars.identities"] = Identities(
        bot_token=settings.telegram_bot_token,
        tokens=Tokens.from_settings(settings),
        header_is_believed=settings.mode == "mock",
    )


def current_user(*scopes: Scope) -> str:
    """Return the user id of whoever sent the current request, or in whose name it was sent.

    Call it before the body is read: a stranger's is not looked at.

    Args:
        scopes: of which a server key that sends it in a user's name must have one.

    Raises:
        Unauthorized, InsufficientScope, IdentityUnavailable: it is not known who it is.

    """
    if sent_key() is not None:
        return user_of_backend(*scopes)
    return identities().identify(request.headers, to_read=False).user_id


def current_reader(*scopes: Scope) -> Caller:
    """Return who sent the current request to read a purchase: as current_user does."""
    if sent_key() is not None:
        return Caller(user_id=user_of_backend(*scopes))
    return identities().identify(request.headers, to_read=True)


def identities() -> Identities:
    """Return the kinds of identity that the current app reads."""
    return cast(Identities, current_app.extensions["stars.identities"])
